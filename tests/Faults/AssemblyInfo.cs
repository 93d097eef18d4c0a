// The tests drive processes, mounts and disks: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
