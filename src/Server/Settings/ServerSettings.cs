namespace Hypervex.Server.Settings;

/// <summary>A setting's value and where it came from.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Value">Its value; null when there is none.</param>
/// <param name="Source"><c>default</c>, or the file, the variable or the flag that decided.</param>
internal sealed record SettingValue(Setting Setting, string? Value, string Source);

/// <summary>
/// The settings of a server out of a file, the environment and flags; the later wins. A value that is not acceptable is an error even where another wins.
/// Thread safety: immutable.
/// </summary>
internal sealed class ServerSettings
{
    /// <summary>Names the settings file in the environment.</summary>
    public const string FileVariable = "HYPERVEX_CONFIG";

    // What a server keeps free on its disk.
    private const long DiskReserveBytes = 64L << 20;

    private ServerSettings(ServerOptions options, IReadOnlyList<SettingValue> values)
    {
        Options = options;
        Values = values;
    }

    /// <summary>The settings as the server takes them.</summary>
    public ServerOptions Options { get; }

    /// <summary>The settings one by one.</summary>
    public IReadOnlyList<SettingValue> Values { get; }

    /// <summary>Finds the settings.</summary>
    /// <param name="file">The settings file; null = the one that <see cref="FileVariable"/> names, if it does.</param>
    /// <param name="variable">The value of an environment variable; null or empty when it is unset.</param>
    /// <param name="flags">The values of flags, by the setting's key.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: a value is not acceptable, or the file is none.</exception>
    public static ServerSettings Resolve(string? file, Func<string, string?> variable, IReadOnlyDictionary<string, string> flags)
    {
        string? path = file ?? (variable(FileVariable) is { Length: > 0 } named ? named : null);
        IReadOnlyDictionary<string, string> inFile = path is null ? new Dictionary<string, string>() : SettingsFile.Read(path);
        var options = new ServerOptions { Database = new DatabaseOptions { DiskReserveBytes = DiskReserveBytes } };
        var sources = new List<string>();
        foreach (Setting setting in SettingTable.All)
        {
            (string key, string name, string flag) = setting.Names;
            string source = "default";
            if (inFile.TryGetValue(key, out string? text))
            {
                options = setting.Set(options, text, $"\"{key}\" in the settings file \"{path}\"");
                source = $"file {path}";
            }

            if (variable(name) is { Length: > 0 } value)
            {
                options = setting.Set(options, value, name);
                source = $"environment {name}";
            }

            if (flags.TryGetValue(key, out string? given))
            {
                options = setting.Set(options, given, flag);
                source = $"flag {flag}";
            }

            sources.Add(source);
        }

        LimitSettings.Check(options.Limits);
        return new ServerSettings(options, [.. SettingTable.All.Zip(sources, (setting, source) => new SettingValue(setting, setting.Show(options), source))]);
    }
}
