using System.Text;
using Hypervex;
using Hypervex.FaultDriver;
using Hypervex.Storage;

// Opens a database and runs the workload until it is done or this process is killed. Standard output: R when the collection is open, a line for
// each operation (see Acknowledgement), D when the database is closed, E and a code when it cannot be opened.
if (args is ["golden", string directory, "closed" or "killed"])
{
    GoldenDatabase.Write(directory, dies: args[2] == "killed");
    return 0;
}

if (args is ["fill", string filled, string limit])
{
    MemoryFill.Run(filled, long.Parse(limit, System.Globalization.CultureInfo.InvariantCulture));
    return 0;
}

SuddenDeath.ArmFromEnvironment();
using Stream output = Console.OpenStandardOutput();
var outputLock = new Lock();
if (args is ["restore", string restored, string backup])
{
    using Database database = Database.Open(restored, new DatabaseOptions { SegmentBytes = 40 << 10, PieceBytes = 8 << 10 });
    Print("R");
    new RestoreDriver(database, backup, Print).Run();
    Print("D");
    return 0;
}

DriverOptions options = DriverOptions.Parse(args);
var settings = new DatabaseOptions { Durability = options.Durability, SegmentBytes = options.SegmentBytes };
try
{
    do
    {
        using Database database = options.SwallowsSyncErrors
            ? Database.Open(new SwallowingFileSystem(), options.Directory, options.Directory, settings)
            : Database.Open(options.Directory, settings);
        var runner = new OperationRunner(database);
        Print("R");
        Thread[] writers = [.. Enumerable.Range(0, options.Workload.Writers).Select(writer => new Thread(() => Write(runner, writer)))];
        Array.ForEach(writers, thread => thread.Start());
        Array.ForEach(writers, thread => thread.Join());
    }
    while (options.Operations == 0);
}
catch (HypervexException exception)
{
    Print($"E {exception.Code}");
    return 3;
}

Print("D");
return 0;

void Write(OperationRunner runner, int writer)
{
    int refusals = 0;
    for (int number = 1; number <= options.Operations && refusals < 5; number++)
    {
        Operation operation = options.Workload.Next(writer, number);
        try
        {
            Print(runner.Run(writer, number, operation).ToString());
        }
        catch (HypervexException exception)
        {
            Print(new Acknowledgement(writer, number, 0, 0, exception.Code).ToString());
            refusals++;
        }
    }
}

// One write call a line: a line that has been written survives this process, and is short enough to be written whole.
void Print(string line)
{
    byte[] bytes = Encoding.ASCII.GetBytes(line + "\n");
    lock (outputLock)
    {
        output.Write(bytes);
    }
}
