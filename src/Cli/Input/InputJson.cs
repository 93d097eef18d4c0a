using System.Text.Json.Serialization;

namespace Hypervex.Cli.Input;

/// <summary>JSON types that the command line reads.</summary>
[JsonSerializable(typeof(float[]))]
internal sealed partial class InputJson : JsonSerializerContext;
