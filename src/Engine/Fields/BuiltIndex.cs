namespace Hypervex.Fields;

/// <summary>
/// A field index and how far it has been built. Invariant: it holds exactly the live slots below <see cref="BuiltUpTo"/>; all of them once it is ready.
/// Thread safety: written while nothing is applied; the properties are read at any time.
/// </summary>
internal sealed class BuiltIndex(FieldIndexType type, ValueIndex values)
{
    private volatile bool _ready;
    private volatile bool _saved;
    private volatile string? _problem;
    private uint _builtUpTo;

    public FieldIndexType Type => type;

    public ValueIndex Values => values;

    /// <summary>Whether it holds every live slot.</summary>
    public bool IsReady => _ready;

    /// <summary>Whether the checkpoint in force holds it, as of its sequence.</summary>
    public bool IsSaved
    {
        get => _saved;
        set => _saved = value;
    }

    /// <summary>Why it will not become ready.</summary>
    public string? Problem
    {
        get => _problem;
        set => _problem = value;
    }

    /// <summary>The lowest slot that is not in it.</summary>
    public uint BuiltUpTo
    {
        get => _ready ? uint.MaxValue : Volatile.Read(ref _builtUpTo);
        set => Volatile.Write(ref _builtUpTo, value);
    }

    /// <summary>An empty index.</summary>
    public static BuiltIndex Create(string field, FieldIndexType type) => new(type, type switch
    {
        FieldIndexType.Keyword => new KeywordIndex(field, booleans: false),
        FieldIndexType.Boolean => new KeywordIndex(field, booleans: true),
        FieldIndexType.Integer => new NumberIndex(field, floats: false),
        FieldIndexType.Float => new NumberIndex(field, floats: true),
        FieldIndexType.Geo => new GeoIndex(field),
        _ => throw new HypervexException(ErrorCode.InvalidArgument, $"The field index \"{field}\" has an unknown type."),
    });

    /// <summary>All live slots are in it.</summary>
    public void Finish() => _ready = true;

    public FieldIndexState State(uint slots) => new()
    {
        Field = values.Field,
        Type = type,
        IsReady = _ready,
        Progress = _ready ? 1 : slots == 0 ? 0 : Math.Min(1, (double)BuiltUpTo / slots),
        Problem = _problem,
        Records = values.Present.Count,
        OtherRecords = values.Others.Count,
        Values = values.Values,
        MemoryBytes = values.Bytes,
    };
}
