using System.Text;
using Hypervex.Server.Http;

namespace Hypervex.Server.Tests.Http;

public sealed class LineReaderTests
{
    [Fact]
    public async Task Lines_are_those_of_a_split_however_the_bytes_arrive()
    {
        const int Seed = 5;
        var random = new Random(Seed);
        for (int round = 0; round < 100; round++)
        {
            string[] lines = [.. Enumerable.Range(0, random.Next(0, 40)).Select(_ => new string((char)random.Next('a', 'z'), random.Next(5) == 0 ? random.Next(200_000) : random.Next(50)))];
            bool endsWithFeed = random.Next(2) == 0;
            string text = string.Join('\n', lines) + (endsWithFeed ? "\n" : "");
            string[] expected = text.Length == 0 ? [] : text.EndsWith('\n') ? text[..^1].Split('\n') : text.Split('\n');

            var budget = new BodyBudget(long.MaxValue);
            var read = new List<string>();
            using (var reader = new LineReader(new Trickle(Encoding.UTF8.GetBytes(text), random), budget, maxLineBytes: 1_000_000))
            {
                while (await reader.ReadAsync(CancellationToken.None))
                {
                    read.Add(Encoding.UTF8.GetString(reader.Line));
                    Assert.Equal(read.Count, reader.Number);
                }

                Assert.False(await reader.ReadAsync(CancellationToken.None));
            }

            Assert.Equal(expected, read);
            Assert.Equal(0, budget.Taken);
        }
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_refused_with_its_number()
    {
        byte[] text = Encoding.UTF8.GetBytes("short\n" + new string('x', 300_000));
        using var reader = new LineReader(new MemoryStream(text), new BodyBudget(long.MaxValue), maxLineBytes: 100_000);
        Assert.True(await reader.ReadAsync(CancellationToken.None));
        RefusedException error = await Assert.ThrowsAsync<RefusedException>(async () => await reader.ReadAsync(CancellationToken.None));
        Assert.Equal("body_too_large", error.Code);
        Assert.Contains("Line 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_budget_that_is_used_up_stops_the_reading_and_gets_all_back()
    {
        var budget = new BodyBudget(100_000);
        using (var reader = new LineReader(new MemoryStream(new byte[300_000]), budget, maxLineBytes: 1_000_000))
        {
            HypervexException error = await Assert.ThrowsAsync<HypervexException>(async () => await reader.ReadAsync(CancellationToken.None));
            Assert.Equal(ErrorCode.Overloaded, error.Code);
            Assert.InRange(budget.Taken, 1, 100_000);
        }

        Assert.Equal(0, budget.Taken);
    }

    /// <summary>A stream that gives a random number of bytes at a time.</summary>
    private sealed class Trickle(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, random.Next(1, 30_000))], cancellationToken);
    }
}
