using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Benchmarks;

/// <summary>What a figure was measured on: processor, cores, operating system, runtime, commit.</summary>
internal static class MachineDescription
{
    /// <summary>The JSON form; what cannot be found out is null.</summary>
    public static JsonObject ToJson() => new()
    {
        ["cpu"] = Processor(),
        ["cores"] = Environment.ProcessorCount,
        ["os"] = RuntimeInformation.OSDescription,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["version"] = Version.Number,
        ["commit"] = Version.Commit,
    };

    private static string? Processor()
    {
        const string File = "/proc/cpuinfo";
        const string Key = "model name";
        return System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : null;
    }

    private static class Version
    {
        // "0.1.0+<commit>": the SDK appends the commit when it builds inside a git work tree.
        private static readonly string[] s_parts =
            (typeof(MachineDescription).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "").Split('+', 2);

        public static string Number => s_parts[0];

        public static string? Commit => s_parts.Length == 2 ? s_parts[1] : null;
    }
}
