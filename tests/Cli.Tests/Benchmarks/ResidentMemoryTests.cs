using Hypervex.Cli.Benchmarks;

namespace Hypervex.Cli.Tests.Benchmarks;

public sealed class ResidentMemoryTests
{
    [Fact]
    public void Kibibytes_become_megabytes()
    {
        var memory = ResidentMemory.Parse("Name:\tdotnet\nVmRSS:\t    1000 kB\nRssAnon:\t     250 kB\nRssFile:\t 7 kB\n");

        Assert.Equal(1.024, memory.TotalMb!.Value, precision: 9);
        Assert.Equal(0.256, memory.AnonymousMb!.Value, precision: 9);
    }

    [Fact]
    public void This_process_has_memory()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var memory = ResidentMemory.AfterCollection();

        Assert.InRange(memory.AnonymousMb!.Value, 1, memory.TotalMb!.Value);
    }
}
