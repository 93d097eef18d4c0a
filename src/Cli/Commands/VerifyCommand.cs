using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex verify</c>: checks every checksum, cross-reference and graph invariant of a data directory.</summary>
internal sealed class VerifyCommand : Verb
{
    private readonly Option<string?> _data = TargetOptions.CreateData();
    private readonly Option<string?> _collection = TargetOptions.CreateOneCollection();

    /// <summary>Creates the command.</summary>
    public VerifyCommand()
        : base("verify", "Checks every checksum, cross-reference and graph invariant.", "verify --data ./vectors", "verify --data ./vectors --json")
    {
        Add(_data);
        Add(_collection);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string path = TargetOptions.DataPath(parse.GetValue(_data));
        LocalTarget.RequireDirectory(path);

        // First as the files stand: opening heals some of what is wrong.
        RepairReport files = await ProgressDisplay.RunAsync("Reading files", total: null, _ => LocalTarget.Repair(path, apply: false)).ConfigureAwait(false);
        IReadOnlyList<RepairStep> damaged = [.. files.Steps, .. files.Unrepairable];
        await using LocalTarget target = LocalTarget.Open(path, mayCreate: false);
        IReadOnlyList<string> names = parse.GetValue(_collection) is { } one ? [one] : target.Database.ListCollections();
        JsonArray reports = [];
        bool ok = damaged.Count == 0;
        if (!answer.Json)
        {
            foreach (RepairStep step in damaged)
            {
                Answer.Line($"{step.File}: {step.Problem}");
            }
        }

        foreach (string name in names)
        {
            VerifyReport report = await ProgressDisplay.RunAsync(
                $"Verifying \"{name}\"", total: null, _ => Verify(target, name, cancellationToken)).ConfigureAwait(false);
            ok &= report.Ok;
            if (answer.Json)
            {
                reports.Add(ToJson(name, report));
            }
            else
            {
                WriteText(name, report);
            }
        }

        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["ok"] = ok, ["location"] = target.Location, ["files"] = new JsonArray([.. damaged.Select(step => new JsonObject { ["file"] = step.File, ["message"] = step.Problem })]), ["collections"] = reports });
        }
        else
        {
            Answer.Line(ok ? $"{target.Location} is sound." : $"{target.Location} is damaged: see above. Keep a copy of the directory before anything else; `hypervex repair` says what can be done.");
        }

        return ok ? ExitCode.Ok : ExitCode.Damaged;
    }

    // One damaged collection must not keep the others from being checked.
    private static VerifyReport Verify(LocalTarget target, string name, CancellationToken cancellationToken)
    {
        try
        {
            return target.Database.GetCollection(name).Verify(cancellationToken);
        }
        catch (HypervexException exception) when (exception.Code is ErrorCode.Damaged or ErrorCode.UnsupportedFormat)
        {
            return new VerifyReport { Frames = 0, Rows = 0, Nodes = 0, Findings = [new VerifyFinding("", exception.Message)] };
        }
    }

    private static JsonObject ToJson(string name, VerifyReport report) => new()
    {
        ["name"] = name,
        ["ok"] = report.Ok,
        ["frames"] = report.Frames,
        ["rows"] = report.Rows,
        ["nodes"] = report.Nodes,
        ["findings"] = new JsonArray([.. report.Findings.Select(finding => new JsonObject { ["file"] = finding.File, ["message"] = finding.Message })]),
    };

    private static void WriteText(string name, VerifyReport report)
    {
        Answer.Line($"{Printable.Clean(name)}: {Printable.Count(report.Frames)} log frames, {Printable.Count(report.Rows)} rows, "
            + $"{Printable.Count(report.Nodes)} graph nodes checked; {report.Findings.Count} findings.");
        foreach (VerifyFinding finding in report.Findings)
        {
            string where = finding.File.Length == 0 ? "" : $"{finding.File}: ";
            Answer.Line($"  {Printable.Clean(where + finding.Message)}");
        }
    }
}
