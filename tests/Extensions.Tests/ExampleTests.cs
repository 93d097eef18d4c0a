using System.Diagnostics;

namespace Hypervex.Extensions.Tests;

/// <summary>The example of examples/Rag, run as a program.</summary>
public sealed class ExampleTests
{
    [Fact]
    public async Task The_example_finds_the_sources_of_its_questions_when_it_is_run_again_too()
    {
        string data = Directory.CreateTempSubdirectory("hypervex-rag-").FullName;
        try
        {
            string first = await RunAsync(data);
            string second = await RunAsync(data);

            string[] lines = first.Split('\n');
            Assert.Equal("Where do backups go?", lines[0]);
            Assert.StartsWith("  [backup ", lines[1], StringComparison.Ordinal);
            Assert.Equal("Which metric is for text?", lines[3]);
            Assert.StartsWith("  [metric ", lines[4], StringComparison.Ordinal);
            Assert.EndsWith("Among what is about operating: operating\n", first, StringComparison.Ordinal);
            Assert.Equal(first, second);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<string> RunAsync(string data)
    {
        string program = typeof(ExampleTests).Assembly.Location.Replace("tests/Extensions.Tests", "examples/Rag", StringComparison.Ordinal).Replace("Hypervex.Extensions.Tests.dll", "Hypervex.Examples.Rag.dll", StringComparison.Ordinal);
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [program, data]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return output.ReplaceLineEndings("\n");
    }
}
