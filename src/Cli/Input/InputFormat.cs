using System.CommandLine;
using Hypervex.Cli.DataFiles;

namespace Hypervex.Cli.Input;

/// <summary>The options that tell what a data file does not say about itself.</summary>
internal sealed class InputFormat
{
    private readonly Option<VectorFileFormat?> _format = Choice.Optional<VectorFileFormat>("--format", "The file's format; by its name unless given.");
    private readonly Option<int?> _dimension = NumberOption.Optional("--dimension", "Components per row: needed by raw formats, checked in others.", 1, Limits.MaxDimension);
    private readonly Option<string?> _sidecar = new("--sidecar")
    {
        Description = "A tab-separated file with a header whose n-th row holds the n-th record's id, document and metadata.",
        HelpName = "file",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_format);
        command.Add(_dimension);
        command.Add(_sidecar);
    }

    /// <summary>The options on the command line.</summary>
    public FormatOptions Read(ParseResult parse) => new()
    {
        Format = parse.GetValue(_format),
        Dimension = parse.GetValue(_dimension),
        Sidecar = parse.GetValue(_sidecar),
    };
}
