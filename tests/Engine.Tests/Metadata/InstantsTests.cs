using System.Globalization;
using System.Text;
using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Metadata;

public sealed class InstantsTests
{
    private const int Seed = 23;

    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("1970-01-01", 0)]
    [InlineData("1970-01-01t00:00:00.0000001z", 1)]
    [InlineData("1970-01-01 00:00:00.00000019Z", 1)]
    [InlineData("1969-12-31T23:59:59.9999999Z", -1)]
    [InlineData("1970-01-01T01:30:00+01:30", 0)]
    [InlineData("1969-12-31T23:59:00-00:01", 0)]
    [InlineData("1969-12-31T23:59:60Z", 0)]
    [InlineData("1970-01-01T01:59:60.9+02:00", 0)]
    [InlineData("0000-01-01", -62_167_219_200 * 10_000_000)]
    [InlineData("9999-12-31T23:59:59.9999999Z", 253_402_300_800 * 10_000_000 - 1)]
    public void A_date_of_RFC_3339_is_an_instant(string text, long instant)
    {
        Assert.True(Instants.TryRead(Encoding.UTF8.GetBytes(text), out long read));
        Assert.Equal(instant, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2024")]
    [InlineData("2024-05")]
    [InlineData("2024-5-01")]
    [InlineData("2024-00-01")]
    [InlineData("2024-13-01")]
    [InlineData("2024-02-30")]
    [InlineData("2023-02-29")]
    [InlineData("1900-02-29")]
    [InlineData("2024-04-31")]
    [InlineData("2024-05-01T")]
    [InlineData("2024-05-01Z")]
    [InlineData("2024-05-01T12:00Z")]
    [InlineData("2024-05-01T12:00:00")]
    [InlineData("2024-05-01T24:00:00Z")]
    [InlineData("2024-05-01T12:60:00Z")]
    [InlineData("2024-05-01T12:00:61Z")]
    [InlineData("2024-05-01T12:00:60Z")]
    [InlineData("2024-05-01T23:59:60+01:00")]
    [InlineData("2024-05-01T12:00:00.Z")]
    [InlineData("2024-05-01T12:00:00,5Z")]
    [InlineData("2024-05-01T12:00:00+2:00")]
    [InlineData("2024-05-01T12:00:00+0200")]
    [InlineData("2024-05-01T12:00:00+24:00")]
    [InlineData("2024-05-01T12:00:00Z ")]
    [InlineData(" 2024-05-01T12:00:00Z")]
    [InlineData("-024-05-01")]
    [InlineData("２０２４-05-01")]
    public void What_is_no_date_of_RFC_3339_is_none(string text) => Assert.False(Instants.TryRead(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Random_dates_are_the_instants_that_the_runtime_makes_of_them()
    {
        var random = new Random(Seed);
        for (int i = 0; i < 20_000; i++)
        {
            var offset = TimeSpan.FromMinutes(random.Next(-14 * 60, (14 * 60) + 1));
            var date = new DateTimeOffset(random.NextInt64(TimeSpan.TicksPerDay, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay), offset);
            string text = date.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture);
            Assert.True(Instants.TryRead(Encoding.UTF8.GetBytes(text), out long instant), $"seed {Seed}: {text}");
            Assert.True(instant == date.UtcTicks - DateTimeOffset.UnixEpoch.Ticks, $"seed {Seed}: {text} became {instant}");
        }
    }
}
