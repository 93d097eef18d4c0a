using Spectre.Console;

namespace Hypervex.Cli.Output;

/// <summary>
/// A progress bar on stderr around a piece of work. It is drawn only on a terminal, so that logs and pipes stay clean.
/// </summary>
internal static class ProgressDisplay
{
    /// <summary>Does the work and shows how far it is.</summary>
    /// <param name="title">What is going on.</param>
    /// <param name="total">Units of work; null = unknown.</param>
    /// <param name="work">The work; it reports units done so far.</param>
    public static async Task<T> RunAsync<T>(string title, long? total, Func<IProgress<long>, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return await work(new Silent()).ConfigureAwait(false);
        }

        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        ProgressColumn[] columns = total is null
            ? [new SpinnerColumn(), new TaskDescriptionColumn(), new ElapsedTimeColumn()]
            : [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()];
        return await terminal.Progress().Columns(columns).StartAsync(async context =>
        {
            ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, total ?? 1));
            task.IsIndeterminate = total is null;
            T result = await work(new Bar(task, title, total)).ConfigureAwait(false);
            task.Value = task.MaxValue;
            return result;
        }).ConfigureAwait(false);
    }

    /// <summary>Does synchronous work and shows how far it is.</summary>
    public static Task<T> RunAsync<T>(string title, long? total, Func<IProgress<long>, T> work) =>
        RunAsync(title, total, progress => Task.Run(() => work(progress)));

    private sealed class Silent : IProgress<long>
    {
        public void Report(long value)
        {
        }
    }

    private sealed class Bar(ProgressTask task, string title, long? total) : IProgress<long>
    {
        public void Report(long value)
        {
            if (total is null)
            {
                task.Description = $"{Markup.Escape(title)} {Printable.Count(value)}";
            }
            else
            {
                task.Value = value;
            }
        }
    }
}
