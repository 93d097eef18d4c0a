namespace Hypervex.Training.Tests;

/// <summary>Edge lists and their closure.</summary>
public sealed class HierarchyTests
{
    [Fact]
    public void Lines_become_pairs_once_each()
    {
        Hierarchy hierarchy = Hierarchy.Read(new StringReader("# comment\ndog\tcanine\n\nwolf\tcanine\ndog\tcanine\n"));
        Assert.Equal(["dog", "canine", "wolf"], hierarchy.Names);
        Assert.Equal([(0, 1), (2, 1)], hierarchy.Pairs);
    }

    [Theory]
    [InlineData("a\tb\tc", "Line 1")]
    [InlineData("a\tb\nc", "Line 2")]
    [InlineData("a\t", "Line 1")]
    [InlineData("a\ta", "itself")]
    [InlineData("", "no pair")]
    public void Other_lines_are_refused(string text, string expected)
    {
        HypervexException error = Assert.Throws<HypervexException>(() => Hierarchy.Read(new StringReader(text)));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_closure_pairs_each_node_with_everything_above_it()
    {
        Hierarchy closed = Hierarchy.Create([("pug", "dog"), ("dog", "canine"), ("dog", "pet"), ("canine", "mammal"), ("pet", "animal"), ("mammal", "animal")]).Close();
        string[] pairs = [.. closed.Pairs.Select(pair => $"{closed.Names[pair.Child]}>{closed.Names[pair.Parent]}").Order(StringComparer.Ordinal)];
        Assert.Equal(
            ["canine>animal", "canine>mammal", "dog>animal", "dog>canine", "dog>mammal", "dog>pet", "mammal>animal", "pet>animal", "pug>animal", "pug>canine", "pug>dog", "pug>mammal", "pug>pet"],
            pairs);
        Assert.Equal(closed.Pairs.Count, closed.Close().Pairs.Count);
    }

    [Fact]
    public void Circles_are_refused()
    {
        HypervexException error = Assert.Throws<HypervexException>(() => Hierarchy.Create([("a", "b"), ("b", "c"), ("c", "a")]).Close());
        Assert.Contains("above itself", error.Message, StringComparison.Ordinal);
    }
}
