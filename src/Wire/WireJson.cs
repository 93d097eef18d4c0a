using System.Text.Json.Serialization;

namespace Hypervex.Wire;

/// <summary>
/// Reads and writes the messages without reflection: snake_case names, no duplicate keys, nulls left out where they mean
/// nothing. Unknown keys are passed over, so that a client understands the answers of a newer server; the server reads
/// requests with a stricter reader of its own.
/// Thread safety: the default instance may be used by all.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    MaxDepth = 32)]
[JsonSerializable(typeof(RecordMessage))]
[JsonSerializable(typeof(UpdateMessage))]
[JsonSerializable(typeof(BatchMessage))]
[JsonSerializable(typeof(BatchAnswer))]
[JsonSerializable(typeof(IdsMessage))]
[JsonSerializable(typeof(GetAnswer))]
[JsonSerializable(typeof(DeleteAnswer))]
[JsonSerializable(typeof(CountMessage))]
[JsonSerializable(typeof(CountAnswer))]
[JsonSerializable(typeof(PageAnswer))]
[JsonSerializable(typeof(ImportAnswer))]
[JsonSerializable(typeof(FilteredUpdateMessage))]
[JsonSerializable(typeof(UpdateAnswer))]
[JsonSerializable(typeof(SampleMessage))]
[JsonSerializable(typeof(SampleAnswer))]
[JsonSerializable(typeof(FilteredDeletionMessage))]
[JsonSerializable(typeof(FacetsMessage))]
[JsonSerializable(typeof(FacetsAnswer))]
[JsonSerializable(typeof(SearchMessage))]
[JsonSerializable(typeof(SearchAnswer))]
[JsonSerializable(typeof(GroupsAnswer))]
[JsonSerializable(typeof(SearchBatchMessage))]
[JsonSerializable(typeof(SearchBatchAnswer))]
[JsonSerializable(typeof(CollectionMessage))]
[JsonSerializable(typeof(CollectionDescription))]
[JsonSerializable(typeof(CollectionList))]
[JsonSerializable(typeof(FieldIndexMessage))]
[JsonSerializable(typeof(FieldIndexAnswer))]
[JsonSerializable(typeof(FieldIndexList))]
[JsonSerializable(typeof(AliasMessage))]
[JsonSerializable(typeof(AliasList))]
[JsonSerializable(typeof(AliasTargetMessage))]
[JsonSerializable(typeof(AliasChangesMessage))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
[JsonSerializable(typeof(CollectionChangesMessage))]
[JsonSerializable(typeof(JobMessage))]
[JsonSerializable(typeof(JobList))]
[JsonSerializable(typeof(SnapshotMessage))]
[JsonSerializable(typeof(SnapshotList))]
[JsonSerializable(typeof(RestoreMessage))]
[JsonSerializable(typeof(KeyMessage))]
[JsonSerializable(typeof(RotationMessage))]
[JsonSerializable(typeof(KeyAnswer))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(ExplanationMessage))]
[JsonSerializable(typeof(StatsAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(ProbeAnswer))]
[JsonSerializable(typeof(ProblemMessage))]
[JsonSerializable(typeof(ShortRoot))]
[JsonSerializable(typeof(ShortStats))]
public sealed partial class WireJson : JsonSerializerContext;
