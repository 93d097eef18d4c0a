namespace Hypervex.Metadata;

/// <summary>
/// The points within a distance of a centre on a sphere with the Earth's mean radius (6,371,008.8 m, IUGG), by the haversine
/// formula (R. W. Sinnott, "Virtues of the Haversine", 1984), which keeps its precision for small distances. Against the
/// ellipsoid a distance is off by up to 0.6 %.
/// Thread safety: immutable.
/// </summary>
internal sealed class GeoCircle(double latitude, double longitude, double radiusMeters)
{
    private const double EarthRadiusMeters = 6_371_008.8;

    // No point at the circle's edge is missed by rounding: about 0.1 m.
    private const double EdgeDegrees = 1e-6;

    private readonly double _cosLatitude = Math.Cos(double.DegreesToRadians(latitude));

    /// <summary>Whether these are coordinates in degrees.</summary>
    public static bool IsPoint(double latitude, double longitude) =>
        latitude is >= -90 and <= 90 && longitude is >= -180 and <= 180;

    /// <summary>Degrees of latitude outside of which no point lies inside.</summary>
    public (double South, double North) Latitudes
    {
        get
        {
            double reach = double.RadiansToDegrees(radiusMeters / EarthRadiusMeters) + EdgeDegrees;
            return (latitude - reach, latitude + reach);
        }
    }

    /// <summary>Whether the point lies inside of the circle or on it.</summary>
    public bool Contains(double pointLatitude, double pointLongitude)
    {
        double sinLatitude = Math.Sin(double.DegreesToRadians(pointLatitude - latitude) / 2);
        double sinLongitude = Math.Sin(double.DegreesToRadians(pointLongitude - longitude) / 2);
        double haversine = (sinLatitude * sinLatitude)
            + (_cosLatitude * Math.Cos(double.DegreesToRadians(pointLatitude)) * sinLongitude * sinLongitude);
        return 2 * EarthRadiusMeters * Math.Asin(Math.Sqrt(Math.Min(1, haversine))) <= radiusMeters;
    }
}
