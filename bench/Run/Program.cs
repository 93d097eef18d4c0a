using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypervex.Bench.Run;
using Hypervex.Cli.Benchmarks;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is [HypervexWorker.Command, ..])
{
    HypervexWorker.Run(args);
    return 0;
}

BenchOptions options;
try
{
    options = BenchOptions.Parse(args);
}
catch (Exception exception) when (exception is ArgumentException or FormatException)
{
    Console.Error.WriteLine($"bench/run: {exception.Message}");
    return 2;
}

if (options.Workload == "document")
{
    BenchmarkPage.Write();
    return 0;
}

int missing = 0;
JsonSerializerOptions indented = new() { WriteIndented = true };
foreach (Workload workload in Workload.All.Where(workload => options.Workload == "all" || options.Workload == workload.Id))
{
    try
    {
        Keep(new AnnRun(options.Quick ? workload.Quick() : workload, options).Run());
    }
    catch (Exception exception) when (exception is FileNotFoundException or Hypervex.Cli.DataFiles.DataFileException)
    {
        missing++;
        Console.Error.WriteLine($"{workload.Id} {workload.Set}: left out: {exception.Message}");
    }
}

if (options.Workload is "all" or "F1")
{
    try
    {
        string shared = WorkloadData.Shared();
        Keep(new FilteredRun(FilteredSet.Sift(shared), options).Run());
        Keep(new FilteredRun(FilteredSet.WordNet(shared), options).Run());
    }
    catch (IOException exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
    {
        missing++;
        Console.Error.WriteLine($"F1: left out: {exception.Message}");
    }
}

if (options.Workload is "all" or "fields")
{
    Keep(new FieldsRun(options).Run());
}

if (options.Workload is "all" or "W1")
{
    Keep(new ChurnRun(options).Run());
}

if (options.Workload is "all" or "S1")
{
    Keep(new ServerOperationsRun(options).Run());
}

if (options.Workload is "all" or "S2")
{
    Keep(new ServerSearchRun(options).Run());
}

if (options.Workload is "all" or "accuracy")
{
    Keep(AccuracyRun.Run(options.Quick));
}

if (options.Document)
{
    BenchmarkPage.Write();
}

Console.WriteLine(JsonSerializer.Serialize(MachineDescription.ToJson()));
return missing == 0 ? 0 : 1;

void Keep(JsonObject result)
{
    string file = Path.Combine(BenchPaths.Results, $"{result["workload"]}-{result["set"]}.json");
    File.WriteAllText(file, result.ToJsonString(indented) + "\n");
    Console.WriteLine(ResultTables.Of(result));
    Console.WriteLine($"The same figures as JSON: {file}\n");
}
