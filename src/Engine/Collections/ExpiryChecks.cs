using System.Globalization;

namespace Hypervex.Collections;

/// <summary>When a record that is written expires, in milliseconds since the Unix epoch; 0 = never. Thread safety: pure functions.</summary>
internal static class ExpiryChecks
{
    /// <summary>The time of a whole record.</summary>
    public static long Milliseconds(DateTimeOffset? expiresAt, string id)
    {
        if (expiresAt is not { } time)
        {
            return 0;
        }

        long milliseconds = time.ToUnixTimeMilliseconds();
        return milliseconds > 0 ? milliseconds : throw new HypervexException(
            ErrorCode.InvalidArgument,
            string.Create(CultureInfo.InvariantCulture, $"The record \"{id}\" is to expire at {time:O}; expected a time after 1970-01-01T00:00:00Z, or none for never."));
    }

    /// <summary>The time of a record that is changed: another one, none, or the one that it has.</summary>
    public static long Milliseconds(RecordUpdate update, long presentMs, string id)
    {
        if (update is { NeverExpires: true, ExpiresAt: not null })
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"The update of the record \"{id}\" says both when it expires and that it never does; give one of the two.");
        }

        return update.NeverExpires ? 0 : update.ExpiresAt is null ? presentMs : Milliseconds(update.ExpiresAt, id);
    }
}
