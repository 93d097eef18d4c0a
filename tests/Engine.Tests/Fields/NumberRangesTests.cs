using Hypervex.Fields;
using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Fields;

public sealed class NumberRangesTests
{
    private static readonly MetadataValue[] s_numbers =
    [
        0, 1, -1, 5, 2020, 1L << 53, (1L << 53) + 1, -(1L << 53) - 1, long.MaxValue, long.MaxValue - 1, long.MinValue, long.MinValue + 1,
        0.5, -0.5, 1.0, -1.5, 2020.0, 9007199254740992.0, 9007199254740994.0, 9.223372036854775807e18, -9.223372036854775808e18, 9.3e18, -9.3e18, 1e300, -1e300, 5e-324, -5e-324,
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Places_are_compared_as_numbers_are(bool floats)
    {
        int taken = 0;
        foreach (MetadataValue number in s_numbers)
        {
            if (!NumberRanges.TryPlace(Encoded(number), floats ? NumberKind.Floats : NumberKind.Integers, out long place))
            {
                continue;
            }

            taken++;
            foreach (MetadataValue operand in s_numbers)
            {
                foreach (FilterOperator order in (FilterOperator[])[FilterOperator.Equal, FilterOperator.Greater, FilterOperator.GreaterOrEqual, FilterOperator.Less, FilterOperator.LessOrEqual])
                {
                    FilterCondition condition = FilterCondition.TryCreate(new FieldPath("x"), order, operand, out _)!;
                    bool expected = BytesEvaluator.Holds(condition, Encoded(number));
                    bool actual = NumberRanges.Of(order, Encoded(operand), floats ? NumberKind.Floats : NumberKind.Integers) is { } range && range.Contains(place);
                    Assert.True(expected == actual, $"{number} {order} {operand}: expected {expected}");
                }
            }
        }

        Assert.InRange(taken, 14, s_numbers.Length - 1);
    }

    [Fact]
    public void A_float_comes_back_from_its_place()
    {
        foreach (double number in (double[])[0, 1, -1, 0.1, -0.1, double.MaxValue, double.MinValue, double.Epsilon, -double.Epsilon])
        {
            Assert.Equal(number, NumberRanges.FloatAt(NumberRanges.PlaceOf(number)));
        }
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(-50, -50)]
    [InlineData(long.MinValue, long.MaxValue)]
    [InlineData(long.MinValue, 3)]
    [InlineData(4, long.MaxValue)]
    public void A_column_finds_the_numbers_of_a_range(long low, long high)
    {
        var random = new Random(3);
        var column = new NumberColumn();
        var numbers = new Dictionary<uint, long>();
        for (uint slot = 0; slot < 70_000; slot++)
        {
            long number = random.Next(5) switch
            {
                0 => long.MinValue,
                1 => long.MaxValue,
                _ => random.Next(-100, 200),
            };
            column[slot] = number;
            numbers[slot] = number;
        }

        for (int chunk = 0; chunk < 2; chunk++)
        {
            ulong[] words = new ulong[SlotChunks.Words];
            column.Or(chunk, new NumberRange(low, high), words);
            for (int place = 0; place < SlotChunks.Slots; place++)
            {
                uint slot = (uint)((chunk * SlotChunks.Slots) + place);
                bool found = (words[place >> 6] >> (place & 63) & 1) != 0;
                if (numbers.TryGetValue(slot, out long number))
                {
                    Assert.Equal(number >= low && number <= high, found);
                }
            }
        }
    }

    private static EncodedValue Encoded(MetadataValue value)
    {
        ReadOnlySpan<byte> bytes = MetadataEncoding.EncodeOperand(value);
        return EncodedValue.Take(ref bytes);
    }
}
