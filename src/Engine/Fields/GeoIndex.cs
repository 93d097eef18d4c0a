using System.Numerics;
using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>
/// The index of a field with points: two columns of floats, scanned by <c>$near</c>; about any other operator than it and <c>$exists</c> only the
/// records can tell. Thread safety: one writer, or any readers.
/// </summary>
internal sealed class GeoIndex(string field) : ValueIndex(field)
{
    private readonly NumberColumn _latitudes = new();
    private readonly NumberColumn _longitudes = new();
    private readonly ChunkedBits _points = new();

    public override long? Values => null;

    protected override long ValueBytes => _latitudes.Bytes + _longitudes.Bytes + _points.Bytes;

    public override FieldMatch Prepare(FilterCondition condition) => new GeoMatch(this, condition);

    // What is no point is near nothing: that is known. So every value but an array is taken.
    protected override bool TryAdd(uint slot, EncodedValue value)
    {
        if (BytesEvaluator.TryReadPoint(value, out double latitude, out double longitude))
        {
            _latitudes[slot] = NumberRanges.PlaceOf(latitude);
            _longitudes[slot] = NumberRanges.PlaceOf(longitude);
            _points.Set(slot);
        }

        return true;
    }

    protected override void RemoveValue(uint slot, EncodedValue value) => _points.Clear(slot);

    protected override bool TryAddItems(uint slot, EncodedValue array) => array.Payload.IsEmpty;

    protected override void RemoveItems(uint slot, EncodedValue array)
    {
    }

    protected override void SaveValues(ValueWriter writer)
    {
        writer.WriteNumbers(_points, _latitudes);
        writer.WriteNumbers(_points, _longitudes);
    }

    protected override void LoadValues(ValueReader reader)
    {
        reader.ReadNumbers(_points, _latitudes);
        reader.ReadNumbers(_points, _longitudes);
    }

    protected override void ForgetValues(ChunkedBits slots) => _points.ClearAll(slots);

    private sealed class GeoMatch(GeoIndex index, FilterCondition condition) : FieldMatch(index, condition)
    {
        protected override void MatchTaken(int chunk, Span<ulong> words)
        {
            if (Condition.Circle is not { } circle)
            {
                return;
            }

            ReadOnlySpan<ulong> points = index._points.Chunk(chunk);
            ReadOnlySpan<long> latitudes = index._latitudes.Chunk(chunk);
            ReadOnlySpan<long> longitudes = index._longitudes.Chunk(chunk);
            (double south, double north) = circle.Latitudes;
            NumberRange band = new(NumberRanges.PlaceOf(south), NumberRanges.PlaceOf(north));
            for (int word = 0; word < Math.Min(points.Length, words.Length); word++)
            {
                for (ulong rest = points[word]; rest != 0; rest &= rest - 1)
                {
                    int at = (word * 64) + BitOperations.TrailingZeroCount(rest);
                    if (band.Contains(latitudes[at]) && circle.Contains(NumberRanges.FloatAt(latitudes[at]), NumberRanges.FloatAt(longitudes[at])))
                    {
                        words[word] |= 1UL << (at & 63);
                    }
                }
            }
        }

        protected override void MatchOthers(int chunk, Span<ulong> words) =>
            SlotChunks.Or(words, (Condition.Circle is null ? index.Present : index.Others).Chunk(chunk));

        protected override long EstimateTaken() => index._points.Count / 10;
    }
}
