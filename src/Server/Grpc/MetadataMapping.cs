using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Metadata between the engine and the wire. Size, depth and text are checked by the engine.
/// Thread safety: pure functions.
/// </summary>
internal static class MetadataMapping
{
    /// <summary>The engine's metadata; null for none.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidMetadata"/>.</exception>
    public static MetadataObject? Read(V1.Metadata? message)
    {
        if (message is null)
        {
            return null;
        }

        var metadata = new MetadataObject();
        foreach ((string key, V1.Value value) in message.Fields)
        {
            metadata[key] = Read(value, key);
        }

        return metadata;
    }

    /// <summary>The wire's metadata; an empty object for none.</summary>
    public static V1.Metadata Write(MetadataObject? metadata)
    {
        var message = new V1.Metadata();
        if (metadata is not null)
        {
            foreach ((string key, MetadataValue value) in metadata)
            {
                message.Fields.Add(key, Write(value));
            }
        }

        return message;
    }

    /// <summary>The wire's value.</summary>
    public static V1.Value Write(MetadataValue value) => value.Kind switch
    {
        MetadataKind.Null => new V1.Value { Null = true },
        MetadataKind.Boolean => new V1.Value { Boolean = value.AsBoolean() },
        MetadataKind.Integer => new V1.Value { Integer = value.AsInteger() },
        MetadataKind.Float => new V1.Value { Number = value.AsDouble() },
        MetadataKind.String => new V1.Value { Text = value.AsString() },
        MetadataKind.Array => new V1.Value { List = new V1.ValueList { Items = { value.AsArray().Select(Write) } } },
        _ => new V1.Value { Object = Write(value.AsObject()) },
    };

    private static MetadataValue Read(V1.Value value, string key) => value.KindCase switch
    {
        V1.Value.KindOneofCase.Null => MetadataValue.Null,
        V1.Value.KindOneofCase.Boolean => value.Boolean,
        V1.Value.KindOneofCase.Integer => value.Integer,
        V1.Value.KindOneofCase.Number => value.Number,
        V1.Value.KindOneofCase.Text => value.Text,
        V1.Value.KindOneofCase.List => value.List.Items.Select(item => Read(item, key)).ToArray(),
        V1.Value.KindOneofCase.Object => Read(value.Object)!,
        _ => throw new HypervexException(ErrorCode.InvalidMetadata, $"The value under the key {Json.JsonPath.Quote(key)} is of no kind; give one, \"null\" for null."),
    };
}
