using System.Globalization;
using System.Text;
using System.Text.Json;
using Hypervex.Server.Json;

namespace Hypervex.Server.Settings;

/// <summary>
/// A file of settings: one object of JSON, in which comments and trailing commas are allowed (docs/limits.md). Unknown and repeated keys are refused, so that a limit
/// that is misspelled is not a limit that is missing.
/// Thread safety: pure functions.
/// </summary>
internal static class SettingsFile
{
    private const int MaxBytes = 1 << 20;

    /// <summary>The values in a file by key; those of a list with commas between them.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: it cannot be read, is no such object, or has a key that is not known or a value of another kind.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        byte[] bytes = ReadBytes(path);
        try
        {
            return Parse(path, bytes);
        }
        catch (JsonException error)
        {
            throw Fail(path, string.Create(CultureInfo.InvariantCulture, $"is no JSON as settings are written, at line {(error.LineNumber ?? 0) + 1}"), error);
        }
        catch (InvalidOperationException error)
        {
            throw Fail(path, "holds a text that is not UTF-8", error);
        }
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] bytes = new byte[MaxBytes + 1];
            int count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return count <= MaxBytes ? bytes[..count] : throw Fail(path, string.Create(CultureInfo.InvariantCulture, $"is longer than {MaxBytes} bytes"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Fail(path, "cannot be read; give one that exists", error);
        }
    }

    private static Dictionary<string, string> Parse(string path, byte[] bytes)
    {
        ReadOnlySpan<byte> text = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(Encoding.UTF8.Preamble.Length) : bytes;
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw Fail(path, "is no JSON object");
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            Setting setting = SettingTable.All.FirstOrDefault(one => one.Names.Key == key)
                ?? throw Fail(path, $"has the key {JsonPath.Quote(key)}, which is not known; known are {string.Join(", ", SettingTable.All.Select(one => one.Names.Key))}");
            reader.Read();
            if (!values.TryAdd(key, ReadValue(ref reader, setting) ?? throw WrongKind(path, setting)))
            {
                throw Fail(path, $"has the key {JsonPath.Quote(key)} twice");
            }
        }

        reader.Read();
        return values;
    }

    private static string? ReadValue(ref Utf8JsonReader reader, Setting setting) => (setting.Kind, reader.TokenType) switch
    {
        (SettingKind.Number, JsonTokenType.Number) => Encoding.ASCII.GetString(reader.ValueSpan),
        (SettingKind.Text, JsonTokenType.String) => reader.GetString() is { Length: > 0 } text ? text : null,
        (SettingKind.List, JsonTokenType.StartArray) => ReadList(ref reader),
        _ => null,
    };

    private static string? ReadList(ref Utf8JsonReader reader)
    {
        var items = new List<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            items.Add(reader.GetString()!);
        }

        return reader.TokenType == JsonTokenType.EndArray && items.TrueForAll(item => item.Length > 0 && !item.Contains(',')) ? string.Join(',', items) : null;
    }

    private static HypervexException WrongKind(string path, Setting setting)
    {
        string kind = setting.Kind switch
        {
            SettingKind.Number => setting.Expected,
            SettingKind.Text => $"a string: {setting.Expected}",
            _ => $"an array of strings: {setting.Expected}",
        };
        return Fail(path, $"has no acceptable value for {JsonPath.Quote(setting.Names.Key)}; expected {kind}");
    }

    private static HypervexException Fail(string path, string what, Exception? inner = null) =>
        new(ErrorCode.InvalidArgument, $"The settings file \"{path}\" {what}.", inner);
}
