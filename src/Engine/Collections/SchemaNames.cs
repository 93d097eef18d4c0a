namespace Hypervex.Collections;

/// <summary>How enumerations are spelled in files. A name that a later version added is refused as a newer format.</summary>
internal static class SchemaNames
{
    private const string OperatingSystemName = "os";

    public static string Of(Metric metric) => Lower(metric);

    public static string Of(QuantizationKind quantization) => Lower(quantization);

    public static string Of(IndexType type) => Lower(type);

    public static string Of(FieldIndexType type) => Lower(type);

    public static string Of(Durability durability) => durability == Durability.OperatingSystem ? OperatingSystemName : Lower(durability);

    public static Durability ParseDurability(string name) => name == OperatingSystemName ? Durability.OperatingSystem : Parse<Durability>(name);

    public static FieldIndexType ParseFieldIndexType(string name) => Parse<FieldIndexType>(name);

    public static IndexType ParseIndexType(string name) => Parse<IndexType>(name);

    public static Metric ParseMetric(string name) => Parse<Metric>(name);

    public static QuantizationKind ParseQuantization(string name) => Parse<QuantizationKind>(name);

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static T Parse<T>(string name)
        where T : struct, Enum
    {
        foreach (T value in Enum.GetValues<T>())
        {
            if (Lower(value) == name)
            {
                return value;
            }
        }

        throw new HypervexException(ErrorCode.UnsupportedFormat, $"A collection uses the {typeof(T).Name} \"{name}\", which this version of Hypervex does not know.");
    }
}
