using Hypervex.FaultDriver;

namespace Hypervex.Faults.Tests;

/// <summary>The controls of every test that uses the oracle: it must notice what it exists to notice.</summary>
public sealed class OracleTests
{
    private static readonly Workload s_workload = new() { Seed = 5, Writers = 2, OwnIds = 60, MaxBatch = 20 };

    [Fact]
    public void A_faithful_database_agrees()
    {
        using Database database = Database.CreateInMemory();
        Oracle oracle = Run(database, 300, (_, _) => true);
        Assert.Null(oracle.Compare(database));
    }

    [Fact]
    public void A_write_that_is_acknowledged_and_lost_is_noticed()
    {
        using Database database = Database.CreateInMemory();
        int last = Enumerable.Range(1, 300).Last(number => s_workload.Next(1, number).Kind == OperationKind.Upsert);
        Oracle oracle = Run(database, last + 1, (writer, number) => writer != 1 || number < last);
        Assert.NotNull(oracle.Compare(database));
    }

    [Fact]
    public void A_deletion_that_is_acknowledged_and_forgotten_is_noticed()
    {
        using Database database = Database.CreateInMemory();
        Oracle oracle = Run(database, 100, (writer, number) => s_workload.Next(writer, number).Kind != OperationKind.Delete);
        Assert.NotNull(oracle.Compare(database));
    }

    [Fact]
    public void A_batch_that_is_half_there_is_noticed()
    {
        using Database database = Database.CreateInMemory();
        Oracle oracle = Run(database, 40, (_, _) => true);
        Operation next = s_workload.Next(0, 41);
        for (int number = 41; next.Kind != OperationKind.Upsert || next.Ids.Count < 2; number++)
        {
            oracle.Acknowledge(new OperationRunner(database).Run(0, number, next));
            next = s_workload.Next(0, number + 1);
        }

        Assert.Null(oracle.Compare(database));
        database.GetCollection(Workload.Collection).Upsert(RecordContent.Make(next.Ids[0], next.Stamp));
        Assert.NotNull(oracle.Compare(database));
    }

    [Fact]
    public void A_write_under_way_may_be_there_or_not()
    {
        using Database database = Database.CreateInMemory();
        Oracle oracle = Run(database, 40, (_, _) => true);
        Assert.Null(oracle.Compare(database));
        new OperationRunner(database).Run(0, 41, s_workload.Next(0, 41));
        Assert.Null(oracle.Compare(database));
    }

    /// <summary>Acknowledges everything, but does only what it is told to.</summary>
    private static Oracle Run(Database database, int operations, Func<int, int, bool> happens)
    {
        var oracle = new Oracle();
        oracle.Begin(s_workload);
        var runner = new OperationRunner(database);
        for (int number = 1; number <= operations; number++)
        {
            for (int writer = 0; writer < s_workload.Writers; writer++)
            {
                Operation operation = s_workload.Next(writer, number);
                oracle.Acknowledge(happens(writer, number)
                    ? runner.Run(writer, number, operation)
                    : new Acknowledgement(writer, number, ulong.MaxValue / 2, operation.Ids.Count));
            }
        }

        return oracle;
    }
}
