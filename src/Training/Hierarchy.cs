using System.Globalization;

namespace Hypervex.Training;

/// <summary>A directed acyclic graph of names: pairs of a child and what it belongs to. Thread safety: immutable.</summary>
public sealed class Hierarchy
{
    private const int MaxClosure = 50_000_000;

    private Hierarchy(string[] names, (int Child, int Parent)[] pairs)
    {
        Names = names;
        Pairs = pairs;
    }

    /// <summary>The nodes, in order of their first appearance.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Indexes into <see cref="Names"/>, without repetition.</summary>
    public IReadOnlyList<(int Child, int Parent)> Pairs { get; }

    /// <summary>Makes a hierarchy of pairs of names; a pair that comes twice counts once.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: no pair, or a name that belongs to itself.</exception>
    public static Hierarchy Create(IEnumerable<(string Child, string Parent)> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var names = new List<string>();
        var seen = new HashSet<(int, int)>();
        var kept = new List<(int Child, int Parent)>();
        foreach ((string child, string parent) in pairs)
        {
            (int Child, int Parent) pair = (Number(child), Number(parent));
            if (pair.Child == pair.Parent)
            {
                throw new HypervexException(ErrorCode.InvalidArgument, $"\"{child}\" belongs to itself; a hierarchy has no circles.");
            }

            if (seen.Add(pair))
            {
                kept.Add(pair);
            }
        }

        return kept.Count > 0 ? new Hierarchy([.. names], [.. kept]) : throw new HypervexException(ErrorCode.InvalidArgument, "There is no pair of a child and a parent.");

        int Number(string name)
        {
            if (!numbers.TryGetValue(name, out int number))
            {
                number = names.Count;
                numbers.Add(name, number);
                names.Add(name);
            }

            return number;
        }
    }

    /// <summary>Reads lines of a child and a parent with a tab between; empty lines and those that begin with # are passed over.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: a line of another form; the message names it.</exception>
    public static Hierarchy Read(TextReader lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        return Create(Pairs());

        IEnumerable<(string Child, string Parent)> Pairs()
        {
            int number = 0;
            while (lines.ReadLine() is { } line)
            {
                number++;
                if (line.Length == 0 || line[0] == '#')
                {
                    continue;
                }

                string[] cells = line.Split('\t');
                if (cells.Length != 2 || cells[0].Length == 0 || cells[1].Length == 0)
                {
                    throw new HypervexException(
                        ErrorCode.InvalidArgument, string.Create(CultureInfo.InvariantCulture, $"Line {number} has {cells.Length} cells; expected a child and a parent with a tab between."));
                }

                yield return (cells[0], cells[1]);
            }
        }
    }

    /// <summary>The transitive closure: every node paired with everything above it.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: a circle, or more than 50,000,000 pairs.</exception>
    public Hierarchy Close()
    {
        List<int>[] parents = [.. Names.Select(_ => new List<int>())];
        foreach ((int child, int parent) in Pairs)
        {
            parents[child].Add(parent);
        }

        var closed = new List<(int Child, int Parent)>();
        var above = new HashSet<int>();
        var waiting = new Stack<int>();
        for (int node = 0; node < Names.Count; node++)
        {
            above.Clear();
            waiting.Push(node);
            while (waiting.TryPop(out int next))
            {
                foreach (int parent in parents[next])
                {
                    if (parent == node)
                    {
                        throw new HypervexException(ErrorCode.InvalidArgument, $"\"{Names[node]}\" is above itself; a hierarchy has no circles.");
                    }

                    if (above.Add(parent))
                    {
                        closed.Add((node, parent));
                        waiting.Push(parent);
                    }
                }
            }

            if (closed.Count > MaxClosure)
            {
                throw new HypervexException(ErrorCode.InvalidArgument, $"The closure has more than {MaxClosure} pairs.");
            }
        }

        return new Hierarchy([.. Names], [.. closed]);
    }
}
