namespace Hypervex.FaultDriver;

/// <summary>One operation of the workload. Its ids are distinct; what it writes follows from its stamp and each id.</summary>
internal sealed record Operation(OperationKind Kind, long Stamp, IReadOnlyList<string> Ids);
