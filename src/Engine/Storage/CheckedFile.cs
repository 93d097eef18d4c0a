using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Hypervex.Storage;

/// <summary>
/// A small JSON file with an envelope line that holds its length and CRC-32C, replaced atomically and durably, the previous
/// copy kept (docs/formats/database.md).
/// </summary>
internal static class CheckedFile
{
    private const int Format = 1;
    private const long MaxBytes = 256L << 20;
    private const int MaxCorrected = 4096;

    /// <summary>Replaces the file: temp, fsync, rename, directory fsync. A damaged one does not become the previous copy: that may be whole.</summary>
    public static void Replace(IFileSystem files, string path, string kind, ReadOnlySpan<byte> content)
    {
        string temporary = WriteTemporary(files, path, kind, content);
        KillPoint.Hit(KillPlace.ReplaceBeforeRename);
        if (Inspect(files, path, kind, out _) is null)
        {
            files.Rename(path, path + DatabasePaths.PreviousSuffix);
        }

        KillPoint.Hit(KillPlace.ReplaceBetweenRenames);
        files.Rename(temporary, path);
        KillPoint.Hit(KillPlace.ReplaceBeforeDirectorySync);
        files.SyncDirectory(System.IO.Path.GetDirectoryName(path)!);
    }

    /// <summary>Puts a whole file in the place of one that does not check, at once: its previous copy stays what it is, and there is a whole one at every moment.</summary>
    /// <param name="files">Where the file is.</param>
    /// <param name="path">The file.</param>
    /// <param name="kind">The kind that its envelope names.</param>
    /// <param name="content">What it shall hold.</param>
    /// <param name="isPrivate">Whether nobody but its owner may read it.</param>
    public static void Mend(IFileSystem files, string path, string kind, ReadOnlySpan<byte> content, bool isPrivate = false)
    {
        files.Rename(WriteTemporary(files, path, kind, content, isPrivate ? OpenMode.CreatePrivate : OpenMode.CreateNew), path);
        files.SyncDirectory(System.IO.Path.GetDirectoryName(path)!);
    }

    /// <summary>What is wrong with a file, by itself and not by its previous copy; null when it checks.</summary>
    /// <param name="files">Where the file is.</param>
    /// <param name="path">The file.</param>
    /// <param name="kind">The kind that its envelope must name.</param>
    /// <param name="bytes">Receives its length.</param>
    public static string? Inspect(IFileSystem files, string path, string kind, out long bytes)
    {
        bytes = 0;
        try
        {
            if (!files.FileExists(path))
            {
                return "The file is missing";
            }

            bool isWhole = TryRead(files, path, kind, out byte[]? content, out string? damage);
            bytes = content?.Length ?? 0;
            return isWhole ? null : damage;
        }
        catch (HypervexException exception) when (exception.Code is ErrorCode.UnsupportedFormat or ErrorCode.StorageUnavailable)
        {
            return exception.Message.TrimEnd('.');
        }
    }

    /// <summary>What is wrong with a file's previous copy; null when it checks, or there is none.</summary>
    public static string? InspectPrevious(IFileSystem files, string path, string kind)
    {
        string previous = path + DatabasePaths.PreviousSuffix;
        return files.FileExists(previous) ? Inspect(files, previous, kind, out _) : null;
    }

    private static string WriteTemporary(IFileSystem files, string path, string kind, ReadOnlySpan<byte> content, OpenMode mode = OpenMode.CreateNew)
    {
        byte[] envelope = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"hypervex\":\"{kind}\",\"format\":{Format},\"length\":{content.Length},\"crc32c\":\"{Checksum.Of(content):x8}\"}}\n"));
        byte[] bytes = [.. envelope, .. content, (byte)'\n'];

        string temporary = path + DatabasePaths.TemporarySuffix;
        if (files.FileExists(temporary))
        {
            files.DeleteFile(temporary);
        }

        using (IFile file = files.Open(temporary, mode))
        {
            file.Write(bytes, 0);
            KillPoint.Hit(KillPlace.ReplaceBeforeSync);
            file.Sync();
        }

        return temporary;
    }

    /// <summary>Reads the file's content, or the previous copy when the file is missing or damaged; null when there is neither.</summary>
    /// <param name="files">Where the file is.</param>
    /// <param name="path">The file.</param>
    /// <param name="kind">The kind that its envelope must name.</param>
    /// <param name="damage">What was wrong with the file when the previous copy or a correction stood in for it, else null.</param>
    /// <param name="corrects">Whether one flipped bit is corrected, in place of using the previous copy: for repair, since it reads the file anew for every bit.</param>
    public static byte[]? Read(IFileSystem files, string path, string kind, out string? damage, bool corrects = false)
    {
        damage = null;
        if (files.FileExists(path))
        {
            if (TryRead(files, path, kind, out byte[]? content, out damage))
            {
                return content;
            }

            if (corrects && TryCorrect(files, path, kind) is { } corrected)
            {
                return corrected;
            }
        }

        string previous = path + DatabasePaths.PreviousSuffix;
        if (files.FileExists(previous) && TryRead(files, previous, kind, out byte[]? older, out _))
        {
            return older;
        }

        return damage is null ? null : throw StorageErrors.Damaged(path, 0, damage + "; there is no whole previous copy.");
    }

    private static bool TryRead(IFileSystem files, string path, string kind, out byte[]? content, out string? damage)
    {
        byte[] bytes;
        using (IFile file = files.Open(path, OpenMode.Read))
        {
            if (file.Length > MaxBytes)
            {
                content = null;
                damage = $"The file is {file.Length} bytes long, expected at most {MaxBytes}";
                return false;
            }

            bytes = new byte[file.Length];
            bytes = bytes[..file.Read(bytes, 0)];
        }

        return TryParse(bytes, path, kind, out content, out damage);
    }

    /// <summary>The content after the one flip that makes the file check; null when there is none, or the file is long.</summary>
    private static byte[]? TryCorrect(IFileSystem files, string path, string kind)
    {
        var bytes = new byte[MaxCorrected + 1];
        using (IFile file = files.Open(path, OpenMode.Read))
        {
            bytes = bytes[..file.Read(bytes, 0)];
        }

        for (int bit = 0; bytes.Length <= MaxCorrected && bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                if (TryParse(bytes, path, kind, out byte[]? content, out _))
                {
                    return content;
                }
            }
            catch (HypervexException)
            {
                // This flip would make it a newer format: not the one.
            }

            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        return null;
    }

    private static bool TryParse(byte[] bytes, string path, string kind, out byte[]? content, out string? damage)
    {
        content = null;
        int lineEnd = bytes.AsSpan().IndexOf((byte)'\n');
        if (lineEnd < 0 || !TryReadEnvelope(bytes.AsSpan(0, lineEnd), out string? foundKind, out int format, out int length, out uint checksum))
        {
            damage = "The first line is not an envelope";
            return false;
        }

        if (format > Format)
        {
            throw new HypervexException(
                ErrorCode.UnsupportedFormat,
                $"{path} has format {format}, this version of Hypervex reads up to {Format}. Open it with the version that wrote it.");
        }

        ReadOnlySpan<byte> rest = bytes.AsSpan(lineEnd + 1);
        if (foundKind != kind || length < 0 || rest.Length != length + 1 || rest[length] != (byte)'\n')
        {
            damage = $"Expected kind {kind} with {rest.Length - 1} bytes of content, the envelope says {foundKind} with {length}";
            return false;
        }

        uint actual = Checksum.Of(rest[..length]);
        if (actual != checksum)
        {
            damage = $"The content's CRC-32C is {actual:x8}, the envelope says {checksum:x8}";
            return false;
        }

        content = rest[..length].ToArray();
        damage = null;
        return true;
    }

    private static bool TryReadEnvelope(ReadOnlySpan<byte> line, out string? kind, out int format, out int length, out uint checksum)
    {
        kind = null;
        format = length = -1;
        checksum = 0;
        try
        {
            var reader = new Utf8JsonReader(line);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object
                || !root.TryGetProperty("hypervex", out JsonElement kindElement) || kindElement.ValueKind != JsonValueKind.String
                || !root.TryGetProperty("format", out JsonElement formatElement) || !formatElement.TryGetInt32(out format)
                || !root.TryGetProperty("length", out JsonElement lengthElement) || !lengthElement.TryGetInt32(out length)
                || !root.TryGetProperty("crc32c", out JsonElement crcElement) || crcElement.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            kind = kindElement.GetString();
            return uint.TryParse(crcElement.GetString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out checksum);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }
}
