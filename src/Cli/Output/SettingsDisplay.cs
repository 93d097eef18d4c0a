using System.Text.Json.Nodes;
using Hypervex.Server.Settings;

namespace Hypervex.Cli.Output;

/// <summary>The settings of a server as text and as JSON.</summary>
internal static class SettingsDisplay
{
    private const string None = "-";

    /// <summary>Prints each setting with its value and where that came from.</summary>
    public static void Print(Answer answer, ServerSettings settings)
    {
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["settings"] = new JsonArray([.. settings.Values.Select(ToJson)]) });
            return;
        }

        int ofKey = settings.Values.Max(value => value.Setting.Names.Key.Length);
        int ofValue = settings.Values.Max(value => (value.Value ?? None).Length);
        foreach (SettingValue value in settings.Values)
        {
            Answer.Line(Printable.Clean($"{value.Setting.Names.Key.PadRight(ofKey)}  {(value.Value ?? None).PadRight(ofValue)}  {value.Source}"));
        }
    }

    private static JsonObject ToJson(SettingValue value) => new() { ["key"] = value.Setting.Names.Key, ["value"] = value.Value, ["source"] = value.Source };
}
