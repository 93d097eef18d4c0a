using System.Globalization;

namespace Hypervex.Metadata;

/// <summary>
/// The checks that hold for every value, whichever way it came in: from the builder or from JSON.
/// Thread safety: pure functions.
/// </summary>
internal static class MetadataLimits
{
    /// <summary>Refuses a container around children of this depth when it could not stand in any object.</summary>
    public static void CheckNesting(int childDepth)
    {
        if (childDepth > Limits.MaxMetadataDepth - 2)
        {
            throw TooDeep();
        }
    }

    /// <summary>Refuses a member of this depth of the outermost object.</summary>
    public static void CheckMember(int valueDepth)
    {
        if (valueDepth > Limits.MaxMetadataDepth - 1)
        {
            throw TooDeep();
        }
    }

    /// <summary>Refuses what is longer than the limit.</summary>
    public static void CheckSize(long encodedBytes)
    {
        if (encodedBytes > Limits.MaxMetadataBytes)
        {
            throw new HypervexException(
                ErrorCode.InvalidMetadata,
                string.Create(CultureInfo.InvariantCulture, $"The metadata has {encodedBytes} bytes in its canonical encoding; at most {Limits.MaxMetadataBytes} are allowed. Move long text into the record's document."));
        }
    }

    /// <summary>Refuses text that has no UTF-8 form.</summary>
    public static void CheckText(string text, string what)
    {
        int at = UnicodeText.IndexOfLoneSurrogate(text);
        if (at >= 0)
        {
            throw new HypervexException(
                ErrorCode.InvalidMetadata,
                string.Create(CultureInfo.InvariantCulture, $"{what} is not well-formed Unicode: the UTF-16 unit {at} is the surrogate {(int)text[at]:X4} without its partner."));
        }
    }

    private static HypervexException TooDeep() => new(
        ErrorCode.InvalidMetadata,
        string.Create(CultureInfo.InvariantCulture, $"The metadata is nested more than {Limits.MaxMetadataDepth} levels deep; the outermost object is level 1, arrays count."));
}
