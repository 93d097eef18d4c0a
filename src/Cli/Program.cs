using Hypervex.Cli;

return await CommandTree.RunAsync(args).ConfigureAwait(false);
