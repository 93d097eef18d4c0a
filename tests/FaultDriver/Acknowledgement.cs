using System.Globalization;

namespace Hypervex.FaultDriver;

/// <summary>
/// What the driver prints when an operation has ended, one line each: <c>A writer number sequence count</c>, the sequence being that of the
/// operation's last frame (0 = it wrote none) and the count that of the records it changed; or <c>E writer number code</c>.
/// </summary>
internal readonly record struct Acknowledgement(int Writer, int Number, ulong Sequence, int Count, ErrorCode? Refused = null)
{
    public override string ToString() => Refused is { } code
        ? string.Create(CultureInfo.InvariantCulture, $"E {Writer} {Number} {code}")
        : string.Create(CultureInfo.InvariantCulture, $"A {Writer} {Number} {Sequence} {Count}");

    /// <summary>Reads a line; false when it is none of these (the last one of a killed process may be cut).</summary>
    public static bool TryParse(string line, out Acknowledgement acknowledgement)
    {
        acknowledgement = default;
        string[] parts = line.Split(' ');
        if (parts.Length < 4
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int writer)
            || !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return false;
        }

        if (parts is ["E", _, _, string name] && Enum.TryParse(name, out ErrorCode code))
        {
            acknowledgement = new Acknowledgement(writer, number, 0, 0, code);
            return true;
        }

        if (parts is not ["A", _, _, string sequence, string count])
        {
            return false;
        }

        acknowledgement = new Acknowledgement(writer, number, ulong.Parse(sequence, CultureInfo.InvariantCulture), int.Parse(count, CultureInfo.InvariantCulture));
        return true;
    }
}
