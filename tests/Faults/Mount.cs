namespace Hypervex.Faults.Tests;

/// <summary>A file system that a test has mounted for itself; disposing unmounts it and removes the mount point.</summary>
internal sealed class Mount : IDisposable
{
    private Mount(string path) => Path = path;

    public string Path { get; }

    /// <summary>Why mounts are not possible here with these programs; null when they are.</summary>
    public static string? WhyNot(params IEnumerable<string> programs)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "mounts need Linux and root";
        }

        if (programs.FirstOrDefault(program => !Tool.IsInstalled(program)) is { } missing)
        {
            return $"{missing} is not installed";
        }

        // Root inside of a container may still be refused.
        string probe = Directory.CreateTempSubdirectory("hypervex-mount").FullName;
        (int exitCode, _, string error) = Tool.Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", probe);
        if (exitCode == 0)
        {
            Tool.Run("umount", probe);
        }

        Directory.Delete(probe);
        return exitCode == 0 ? null : $"mounting is refused: {error.Trim()}";
    }

    /// <summary>Memory with a limit.</summary>
    public static Mount Memory(string path, int megabytes)
    {
        Directory.CreateDirectory(path);
        Tool.Require("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", path);
        return new Mount(path);
    }

    /// <summary>A new file system of a type inside a new, sparse image file.</summary>
    public static Mount NewImage(string image, string path, string type, int megabytes)
    {
        using (FileStream file = File.Create(image))
        {
            file.SetLength((long)megabytes << 20);
        }

        Tool.Require($"mkfs.{type}", "-q", image);
        return Image(image, path);
    }

    /// <summary>The file system inside an image file, as it is.</summary>
    public static Mount Image(string image, string path)
    {
        Directory.CreateDirectory(path);
        Tool.Require("mount", "-o", "loop", image, path);
        return new Mount(path);
    }

    public void Dispose()
    {
        if (Tool.Run("umount", Path).ExitCode != 0)
        {
            Tool.Require("umount", "-l", Path); // somebody still looks at it: let it go when he is done
        }

        Directory.Delete(Path);
    }
}
