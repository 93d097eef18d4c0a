using System.Diagnostics;

namespace Hypervex.Engine.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public async Task The_example_of_the_readme_compiles_and_prints_what_it_says()
    {
        string readme = (await File.ReadAllTextAsync(RepositoryRoot.File("README.md"))).ReplaceLineEndings("\n");
        int code = readme.IndexOf("\n```csharp\n", StringComparison.Ordinal);
        string promised = Between(readme[(code + 1)..], "\n```text\n", "```\n");
        string folder = Directory.CreateTempSubdirectory("hypervex-readme-").FullName;
        try
        {
            (int exitCode, string output) = await RunAsync(folder);

            Assert.Equal(0, exitCode);
            Assert.Equal(promised, output);
            Assert.True(Directory.Exists(Path.Combine(folder, "library")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_compiled_example_is_the_text_of_the_readme()
    {
        string readme = File.ReadAllText(RepositoryRoot.File("README.md")).ReplaceLineEndings("\n");
        string compiled = File.ReadAllText(RepositoryRoot.File("tests", "Readme.Example", "obj", "ReadmeExample.cs")).ReplaceLineEndings("\n");

        Assert.Equal(Between(readme, "\n```csharp\n", "```\n"), compiled);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string folder)
    {
        // bin/<configuration>/<framework> of the example lies where that of the tests does.
        DirectoryInfo framework = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string program = RepositoryRoot.File(
            "tests", "Readme.Example", "bin", framework.Parent!.Name, framework.Name, "Hypervex.Readme.Example.dll");
        ProcessStartInfo start = new("dotnet") { WorkingDirectory = folder, RedirectStandardOutput = true };
        start.ArgumentList.Add(program);
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output.ReplaceLineEndings("\n"));
    }

    private static string Between(string text, string from, string to)
    {
        int start = text.IndexOf(from, StringComparison.Ordinal);
        Assert.True(start >= 0, $"README.md does not hold {from.Trim()}.");
        start += from.Length;
        return text[start..text.IndexOf(to, start, StringComparison.Ordinal)];
    }
}
