namespace Hypervex.Metadata;

/// <summary>The first byte of an encoded value; see docs/formats/metadata.md.</summary>
internal static class MetadataTag
{
    public const byte Null = 0x00;
    public const byte False = 0x01;
    public const byte True = 0x02;
    public const byte Integer = 0x03;
    public const byte Float = 0x04;
    public const byte String = 0x05;
    public const byte Array = 0x06;
    public const byte Object = 0x07;

    /// <summary>Bytes of a key's length, and of the length that follows the tag of a string, array or object.</summary>
    public const int LengthBytes = 4;

    /// <summary>Bytes of an int64 or float64 behind its tag.</summary>
    public const int NumberBytes = 8;
}
