using System.Text;
using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Storage;

public sealed class ChecksumTests
{
    [Fact]
    public void It_is_the_one_of_RFC_3720()
    {
        Assert.Equal(0xE3069283u, Checksum.Of(Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0x8A9136AAu, Checksum.Of(new byte[32]));
    }

    [Fact]
    public void Bytes_fed_together_give_the_state_that_they_give_one_by_one()
    {
        byte[] bytes = new byte[2_100];
        new Random(5).NextBytes(bytes);
        uint oneByOne = Checksum.Start;
        for (int length = 0; length <= bytes.Length; length++)
        {
            Assert.Equal(oneByOne, Checksum.Append(Checksum.Start, bytes.AsSpan(0, length)));
            Assert.Equal(oneByOne, Checksum.Append(Checksum.Append(Checksum.Start, bytes.AsSpan(0, length / 3)), bytes.AsSpan(length / 3, length - (length / 3))));
            if (length < bytes.Length)
            {
                oneByOne = Checksum.Append(oneByOne, bytes.AsSpan(length, 1));
            }
        }
    }
}
