using System.Globalization;
using Hypervex.Server.Json;

namespace Hypervex.Server.Keys;

/// <summary>
/// The key that an operator hands to the server in a file (a mounted secret): everything is allowed to it, and it is not in the list of keys.
/// Thread safety: pure functions.
/// </summary>
internal static class AdminKey
{
    /// <summary>Its id in the audit log.</summary>
    public const string Id = "admin-key-file";

    private const int Shortest = 32;
    private const int Longest = 512;

    /// <summary>The hash of the key in a file.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: the file cannot be read, or holds no key.</exception>
    public static byte[] Read(string path)
    {
        string key;
        try
        {
            using var file = new StreamReader(path);
            char[] start = new char[Longest + 3];
            key = new string(start, 0, file.ReadBlock(start)).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"The admin key file {JsonPath.Quote(path)} cannot be read. Give a file that holds the key, or unset HYPERVEX_ADMIN_KEY_FILE.", error);
        }

        return key.Length is >= Shortest and <= Longest && key.All(unit => unit is > ' ' and <= '~')
            ? KeyText.Hash(key)
            : throw new HypervexException(
                ErrorCode.InvalidArgument,
                string.Create(CultureInfo.InvariantCulture, $"The admin key file {JsonPath.Quote(path)} holds no key; expected one line of {Shortest} to {Longest} printable ASCII characters without spaces, such as `openssl rand -hex 32` prints."));
    }
}
