using System.Globalization;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>The memory limit against what the operating system counts, in a process of its own.</summary>
public sealed class MemoryLimitTests(ITestOutputHelper output)
{
    private const long Limit = 16 << 20;

    /// <summary>The runtime's heap, buffers, code and threads (docs/limits.md).</summary>
    private const long Overhead = 64 << 20;

    [Fact]
    public void A_process_that_fills_its_limit_takes_no_more_than_the_limit_and_the_documented_overhead()
    {
        using var directory = new TemporaryDirectory();
        string driver = Path.Combine(AppContext.BaseDirectory, "Hypervex.FaultDriver.dll");

        // What the caller has dropped is not collected before it fills the youngest generation, which is as large as the processor's cache: 16 MB here, whatever the machine.
        string line = Tool.Require("env", "DOTNET_GCgen0size=1000000", "dotnet", "exec", driver, "fill", directory.Path, Limit.ToString(CultureInfo.InvariantCulture));
        long[] figures = [.. line.Split(' ').Select(part => long.Parse(part, CultureInfo.InvariantCulture))];

        output.WriteLine($"limit {Limit}: {figures[0]} records of 128 dimensions, counter at most {figures[1]}, RssAnon grew by {figures[2]}");
        Assert.InRange(figures[1], Limit * 9 / 10, Limit);
        Assert.InRange(figures[2], Limit / 2, Limit + Overhead);
    }
}
