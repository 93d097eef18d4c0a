using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex repair</c>: says what is damaged and what can be done, and does it when told to.</summary>
internal sealed class RepairCommand : Verb
{
    private const int MaxIdsShown = 20;

    private readonly Option<string?> _data = TargetOptions.CreateData();
    private readonly Option<bool> _apply = new("--apply") { Description = "Carry the repair out. Without it nothing is changed." };

    /// <summary>Creates the command.</summary>
    public RepairCommand()
        : base("repair", "Lists what is damaged and what a repair would do; --apply does it.", "repair --data ./vectors", "repair --data ./vectors --apply --json")
    {
        Add(_data);
        Add(_apply);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string path = TargetOptions.DataPath(parse.GetValue(_data));
        LocalTarget.RequireDirectory(path);
        bool apply = parse.GetValue(_apply);
        RepairReport report = await ProgressDisplay.RunAsync(apply ? "Repairing" : "Reading files", total: null, _ => LocalTarget.Repair(path, apply)).ConfigureAwait(false);
        bool sound = report.Steps.Count == 0 && report.Unrepairable.Count == 0;
        if (answer.Json)
        {
            Answer.Write(ToJson(path, report, sound));
        }
        else
        {
            WriteText(path, report, sound);
        }

        return sound || (report.Applied && report.Lossless) ? ExitCode.Ok : ExitCode.Damaged;
    }

    private static JsonObject ToJson(string path, RepairReport report, bool sound) => new()
    {
        ["ok"] = sound || (report.Applied && report.Lossless),
        ["location"] = path,
        ["applied"] = report.Applied,
        ["lossless"] = report.Lossless,
        ["steps"] = Steps(report.Steps),
        ["lost"] = new JsonArray([.. report.Lost.Select(lost => new JsonObject
        {
            ["collection"] = lost.Collection,
            ["first_sequence"] = lost.FirstSequence,
            ["last_sequence"] = lost.LastSequence,
            ["ids"] = new JsonArray([.. lost.Ids.Select(id => JsonValue.Create(id))]),
        })]),
        ["unrepairable"] = Steps(report.Unrepairable),
        ["remaining"] = new JsonArray([.. report.Remaining.Select(finding => new JsonObject { ["file"] = finding.File, ["message"] = finding.Message })]),
        ["quarantine"] = report.Quarantine,
    };

    private static JsonArray Steps(IReadOnlyList<RepairStep> steps) =>
        [.. steps.Select(step => new JsonObject { ["file"] = step.File, ["problem"] = step.Problem, ["remedy"] = step.Remedy })];

    private static void WriteText(string path, RepairReport report, bool sound)
    {
        if (sound)
        {
            Answer.Line($"{path} is sound: there is nothing to repair.");
            return;
        }

        foreach (RepairStep step in report.Steps.Concat(report.Unrepairable))
        {
            Answer.Line($"{step.File}: {step.Problem}");
            Answer.Line($"  {step.Remedy}");
        }

        foreach (LostOperations lost in report.Lost)
        {
            Answer.Line($"Lost in \"{lost.Collection}\": operations {lost.FirstSequence} to {lost.LastSequence}.");
            if (lost.Ids.Count > 0)
            {
                string more = lost.Ids.Count > MaxIdsShown ? $" and {lost.Ids.Count - MaxIdsShown} more (--json shows all)" : "";
                Answer.Line($"  Probably of the ids {string.Join(", ", lost.Ids.Take(MaxIdsShown))}{more}. They may be missing, older, or back although they were deleted.");
            }
        }

        foreach (VerifyFinding finding in report.Remaining)
        {
            Answer.Line($"Still wrong: {finding.File} {finding.Message}");
        }

        if (report.Quarantine is { } quarantine && report.Applied)
        {
            Answer.Line($"Copies of what was replaced are in {quarantine}.");
        }

        Answer.Line(report.Applied ? "Repaired." : "Nothing was changed. Keep a copy of the directory, then run this again with --apply.");
    }
}
