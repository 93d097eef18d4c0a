using Hypervex.Metadata;

namespace Hypervex;

/// <summary>
/// The left side of a condition; see <see cref="Filter.Field"/>. What each operator means, also for arrays and missing
/// fields, is docs/filters.md.
/// Thread safety: immutable.
/// </summary>
#pragma warning disable CA1815, CS0660, CS0661 // A builder step is not compared: its operators build conditions.
public readonly struct FieldFilter
#pragma warning restore CA1815, CS0660, CS0661
{
    private readonly FieldPath? _field;

    internal FieldFilter(FieldPath field) => _field = field;

    /// <summary><c>$eq</c>: the value, or an item of it when it is an array, equals the operand.</summary>
    public static Filter operator ==(FieldFilter field, MetadataValue value) => field.With(FilterOperator.Equal, value);

    /// <summary><c>$ne</c>: not <c>==</c>; also matches where the field is missing.</summary>
    public static Filter operator !=(FieldFilter field, MetadataValue value) => field.With(FilterOperator.NotEqual, value);

    /// <summary><c>$gt</c>: a number greater than a number, or a string after a string in code point order.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: the operand is neither.</exception>
    public static Filter operator >(FieldFilter field, MetadataValue value) => field.With(FilterOperator.Greater, value);

    /// <summary><c>$gte</c>: see <c>&gt;</c>.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: the operand is neither number nor string.</exception>
    public static Filter operator >=(FieldFilter field, MetadataValue value) => field.With(FilterOperator.GreaterOrEqual, value);

    /// <summary><c>$lt</c>: see <c>&gt;</c>.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: the operand is neither number nor string.</exception>
    public static Filter operator <(FieldFilter field, MetadataValue value) => field.With(FilterOperator.Less, value);

    /// <summary><c>$lte</c>: see <c>&gt;</c>.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: the operand is neither number nor string.</exception>
    public static Filter operator <=(FieldFilter field, MetadataValue value) => field.With(FilterOperator.LessOrEqual, value);

    /// <summary><c>$in</c>: equals one of the values; nothing matches an empty list.</summary>
    public Filter In(params MetadataValue[] values) => With(FilterOperator.In, values);

    /// <summary><c>$in</c>: equals one of the strings; nothing matches an empty list.</summary>
    public Filter In(params string[] values) => With(FilterOperator.In, values);

    /// <summary><c>$nin</c>: not <c>$in</c>; also matches where the field is missing.</summary>
    public Filter NotIn(params MetadataValue[] values) => With(FilterOperator.NotIn, values);

    /// <summary><c>$nin</c>: not <c>$in</c>; also matches where the field is missing.</summary>
    public Filter NotIn(params string[] values) => With(FilterOperator.NotIn, values);

    /// <summary><c>$contains</c>: a substring of a string, case-sensitive, or an item of an array.</summary>
    public Filter Contains(MetadataValue value) => With(FilterOperator.Contains, value);

    /// <summary><c>$prefix</c>: a string that begins like this, case-sensitive.</summary>
    public Filter StartsWith(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return With(FilterOperator.Prefix, prefix);
    }

    /// <summary>
    /// <c>$match</c>: a string that has all of these words, in any order and case; a word with a <c>*</c> right behind it stands for all that begin with it.
    /// </summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: there is no word of letters or digits, or there are more than 64.</exception>
    public Filter Match(string words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return With(FilterOperator.Match, words);
    }

    /// <summary><c>$exists</c>: the field is there, be it null; or with false, is not there.</summary>
    public Filter Exists(bool exists = true) => With(FilterOperator.Exists, exists);

    /// <summary><c>$near</c>: an object with <c>lat</c> and <c>lon</c> in degrees that lies within a distance of a point (haversine).</summary>
    /// <param name="latitude">Degrees, -90 to 90.</param>
    /// <param name="longitude">Degrees, -180 to 180.</param>
    /// <param name="radiusMeters">Metres, 0 or more.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: outside of these ranges.</exception>
    public Filter Near(double latitude, double longitude, double radiusMeters)
    {
        if (!double.IsFinite(latitude) || !double.IsFinite(longitude) || !double.IsFinite(radiusMeters))
        {
            throw new HypervexException(ErrorCode.InvalidFilter, $"filter.{Path.Name}.$near: expected finite numbers, found NaN or infinity.");
        }

        return With(FilterOperator.Near, new MetadataObject { ["lat"] = latitude, ["lon"] = longitude, ["radius_m"] = radiusMeters });
    }

    private FieldPath Path => _field ?? throw new InvalidOperationException("A FieldFilter comes from Filter.Field(name), not from default.");

    private Filter With(FilterOperator filterOperator, MetadataValue operand)
    {
        FilterCondition? condition = FilterCondition.TryCreate(Path, filterOperator, operand, out string? problem);
        return condition is null
            ? throw new HypervexException(ErrorCode.InvalidFilter, $"filter.{Path.Name}.{filterOperator.ToJsonName()}: {problem}")
            : Filter.Create(condition);
    }
}
