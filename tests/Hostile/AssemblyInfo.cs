// The tests measure a server process's memory and answers under load: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
