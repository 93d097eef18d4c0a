namespace Hypervex.Engine.Tests;

public sealed class HouseTests
{
    [Fact]
    public void Folders_of_the_engine_import_only_what_the_design_allows()
    {
        string engine = RepositoryRoot.File("src", "Engine");
        string[] files = [.. Directory.EnumerateFiles(engine, "*.cs", SearchOption.AllDirectories).Where(IsSource)];

        Assert.True(files.Length > 20, $"Only {files.Length} files under {engine}: the test looks in the wrong place.");
        string[] violations = [.. files.SelectMany(file => FolderRules.Violations(FolderOf(file), Path.GetFileName(file), File.ReadAllText(file)))];
        Assert.True(violations.Length == 0, string.Join('\n', violations));

        bool IsSource(string file) => !FolderOf(file).Split('/').Any(part => part is "bin" or "obj");

        string FolderOf(string file) => Path.GetRelativePath(engine, Path.GetDirectoryName(file)!).Replace('\\', '/').TrimStart('.');
    }

    [Theory]
    [InlineData("Indexes", "using Hypervex.Storage;\nnamespace Hypervex.Indexes;")]
    [InlineData("Storage", "using Hypervex.Metadata;\nnamespace Hypervex.Storage;")]
    [InlineData("Metadata", "using Json = Hypervex.Collections.Database;\nnamespace Hypervex.Metadata;")]
    [InlineData("Distances", "namespace Hypervex.Distances;\nclass A { int x = Hypervex.Indexes.B.C; }")]
    [InlineData("Quantization", "namespace Hypervex.Indexes;")]
    [InlineData("Utils", "namespace Hypervex.Utils;")]
    [InlineData("", "using Hypervex.Storage;\nnamespace Hypervex;")]
    public void A_forbidden_import_is_found(string folder, string text) =>
        Assert.NotEmpty(FolderRules.Violations(folder, "Sample.cs", text));

    [Theory]
    [InlineData("Indexes", "using System.Numerics;\nusing Hypervex.Distances;\nnamespace Hypervex.Indexes;")]
    [InlineData("Collections", "using Hypervex.Storage;\nusing Hypervex.Indexes;\nnamespace Hypervex;")]
    [InlineData("Storage", "// as Hypervex.Indexes does\nnamespace Hypervex.Storage;")]
    public void An_allowed_import_is_let_pass(string folder, string text) =>
        Assert.Empty(FolderRules.Violations(folder, "Sample.cs", text));

    [Fact]
    public void The_engine_has_no_package_dependencies() =>
        Assert.DoesNotContain("PackageReference", File.ReadAllText(RepositoryRoot.File("src", "Engine", "Hypervex.csproj")), StringComparison.Ordinal);

    [Fact]
    public void The_engine_never_writes_to_the_console()
    {
        string[] guilty =
        [
            .. Directory.EnumerateFiles(RepositoryRoot.File("src", "Engine"), "*.cs", SearchOption.AllDirectories)
                .Where(file => File.ReadAllText(file).Contains("Console.", StringComparison.Ordinal)),
        ];

        Assert.Empty(guilty);
    }
}
