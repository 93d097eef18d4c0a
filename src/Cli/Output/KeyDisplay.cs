using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Wire;

namespace Hypervex.Cli.Output;

/// <summary>Keys as text and as JSON.</summary>
internal static class KeyDisplay
{
    /// <summary>One line about a key.</summary>
    public static string ToLine(KeyAnswer key)
    {
        string collections = key.Collections is { } names ? string.Join(", ", names) : "all collections";
        string previous = key.PreviousUntil is { } until ? string.Create(CultureInfo.InvariantCulture, $", the text before until {until:yyyy-MM-dd HH:mm:ss} UTC") : "";
        string expires = key.ExpiresAt is { } end ? string.Create(CultureInfo.InvariantCulture, $", expires {end:yyyy-MM-dd HH:mm:ss} UTC") : "";
        return Printable.Clean(string.Create(CultureInfo.InvariantCulture, $"{key.Id}  {key.Scope,-5}  {key.Name}  ({collections}; created {key.CreatedAt:yyyy-MM-dd HH:mm:ss} UTC{previous}{expires})"));
    }

    /// <summary>The object of a key.</summary>
    public static JsonObject ToJson(KeyAnswer key)
    {
        JsonObject json = new()
        {
            ["id"] = key.Id,
            ["name"] = key.Name,
            ["scope"] = key.Scope,
            ["collections"] = key.Collections is { } names ? new JsonArray([.. names.Select(name => JsonValue.Create(name))]) : null,
            ["created_at"] = key.CreatedAt,
        };
        if (key.PreviousUntil is { } until)
        {
            json["previous_until"] = until;
        }

        if (key.ExpiresAt is { } end)
        {
            json["expires_at"] = end;
        }

        if (key.Key is { } text)
        {
            json["key"] = text;
        }

        return json;
    }

    /// <summary>Tells a key's text, alone on stdout, so that a script can keep it.</summary>
    public static void Tell(Answer answer, KeyAnswer key)
    {
        if (answer.Json)
        {
            Answer.Write(ToJson(key));
            return;
        }

        answer.Note(ToLine(key));
        answer.Note("This is the key. Keep it now: it is stored nowhere and cannot be shown again.");
        Answer.Line(key.Key!);
    }
}
