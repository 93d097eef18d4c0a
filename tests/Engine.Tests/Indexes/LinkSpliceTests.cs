using Hypervex.Distances;
using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

public sealed unsafe class LinkSpliceTests
{
    private const int M = 2;

    [Fact]
    public void A_link_is_added_where_there_is_room()
    {
        using HnswGraph graph = Graph([1, 2, 3, 4], [0, 2], [0], [0], [0], []);
        Assert.True(Lead(graph, 5, 0, 1));
        AssertHolds(graph);
        Assert.Equal([1, 2, 3, 4], Links(graph, 0));
        Assert.Equal([0, 2, 5], Links(graph, 1));
    }

    [Fact]
    public void A_full_list_leaves_it_to_the_nearest_with_room_that_it_leads_to()
    {
        using HnswGraph graph = Graph([1, 2, 3, 4], [0], [0], [0, 1, 2, 4], [0], []);
        Assert.True(Lead(graph, 5, 0));
        AssertHolds(graph);
        Assert.Equal([1, 2, 3, 4], Links(graph, 0));
        Assert.Equal([0, 5], Links(graph, 4)); // 3 is nearer, and full
    }

    [Fact]
    public void A_full_list_gives_its_most_linked_node_to_the_new_one()
    {
        using HnswGraph graph = Graph([1, 2, 3, 4], [0, 2, 3, 6], [0, 1, 3, 4], [0, 1, 2, 4], [0, 1, 2, 3], [], [3]);
        Assert.True(Lead(graph, 5, 0));
        AssertHolds(graph);
        Assert.Equal([1, 2, 5, 4], Links(graph, 0));
        Assert.Equal([3], Links(graph, 5));
    }

    [Fact]
    public void Whom_only_the_full_list_leads_to_stays_reachable()
    {
        // Whichever link of 0 gives way was the only one that led to its node; those four have no room either.
        using HnswGraph graph = Graph(
            [1, 2, 3, 4], [5, 6, 7, 8], [5, 6, 7, 8], [5, 6, 7, 8], [5, 6, 7, 8], [0], [0], [0], [0], [], [], [], []);
        for (uint target = 9; target <= 12; target++)
        {
            Assert.True(Lead(graph, target, 0));
        }

        AssertHolds(graph);
    }

    [Fact]
    public void A_link_that_is_merely_replaced_cuts_off()
    {
        using HnswGraph graph = Graph([1, 2, 3, 4], [], [], [], [], []);
        graph.Links(0, 0)[0] = 5;
        graph.Node(1)->InDegree--;
        graph.Node(5)->InDegree++;
        Assert.Equal("1 live nodes cannot be reached on level 0; the first one is slot 1.", Assert.Single(Findings(graph)));
    }

    [Fact]
    public void A_target_without_room_gives_a_link_up_and_takes_along_whom_the_others_lead_to()
    {
        using HnswGraph graph = Graph([1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 3, 4], [0, 1, 2, 4], [0, 1, 2, 3], [6, 7, 8, 9], [7], [], [], []);
        Assert.True(Lead(graph, 5, 0));
        Assert.Equal([6, 1, 8, 9], Links(graph, 5)); // two lead to 7, and 6 still does
        AssertHolds(graph);
    }

    [Fact]
    public void A_node_that_is_led_to_already_is_left_alone()
    {
        using HnswGraph graph = Graph([1, 2, 3, 4], [0], [0], [0], [0]);
        Assert.True(Lead(graph, 3, 0));
        Assert.Equal([1, 2, 3, 4], Links(graph, 0));
        AssertHolds(graph);
    }

    [Fact]
    public void No_new_link_leads_to_a_removed_node()
    {
        using HnswGraph graph = Graph([1, 2, 3, 4], [0], [0, 1, 3, 4], [0], [0], []);
        for (uint slot = 1; slot <= 4; slot++)
        {
            graph.Live.Clear(slot);
        }

        Assert.False(Lead(graph, 5, 0));
        Assert.Empty(Links(graph, 5));
        graph.Live.Set(2);
        Assert.True(Lead(graph, 5, 0));
        Assert.Equal([2], Links(graph, 5));
        AssertHolds(graph);
    }

    private static bool Lead(HnswGraph graph, uint target, params uint[] from)
    {
        Candidate[] candidates = [.. from.Select(slot => new Candidate(0, slot))];
        fixed (Candidate* first = candidates)
        {
            return LinkSplice.TryLead(graph, default(NearThree), first, candidates.Length, target);
        }
    }

    /// <summary>Rows on a line, and the target beside slot 3.</summary>
    private readonly struct NearThree : IScorer
    {
        public float Rank(uint slot) => Math.Abs((int)slot - 3.25f);

        public void RankFour(uint* slots, float* ranks)
        {
            for (int i = 0; i < 4; i++)
            {
                ranks[i] = Rank(slots[i]);
            }
        }

        public int Ahead => 0;

        public void Prefetch(uint slot)
        {
        }
    }

    private static HnswGraph Graph(params uint[][] links)
    {
        var graph = new HnswGraph(M, 1);
        for (uint slot = 0; slot < links.Length; slot++)
        {
            graph.Prepare(slot);
            graph.SetState(slot, NodeState.Linked);
            graph.Live.Set(slot);
            graph.Node(slot)->Level = 0;
        }

        for (uint slot = 0; slot < links.Length; slot++)
        {
            LinkList.Begin(graph, slot, 0, links[slot]);
        }

        graph.OfferEntry(0, 0);
        return graph;
    }

    private static uint[] Links(HnswGraph graph, uint slot)
    {
        uint* links = graph.Links(slot, 0);
        return new ReadOnlySpan<uint>(links, LinkList.Count(links, graph.MaxLinks)).ToArray();
    }

    private static List<string> Findings(HnswGraph graph)
    {
        var findings = new List<string>();
        new GraphCheck(graph, findings.Add).Run();
        return findings;
    }

    private static void AssertHolds(HnswGraph graph) => Assert.Empty(Findings(graph));
}
