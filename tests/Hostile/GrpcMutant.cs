using System.Buffers.Binary;

namespace Hypervex.Hostile.Tests;

/// <summary>
/// Sends mutated calls: mostly another message in a right frame, else a frame that lies, a compressed message that is damaged, or other headers.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class GrpcMutant(IReadOnlyList<GrpcRequest> corpus, Random random, GrpcWire wire, Judge judge)
{
    // Long enough that an answer has begun, short enough that watches do not keep the others waiting.
    private static readonly (string Name, string Value) _soon = ("grpc-timeout", "20m");

    private static readonly (string Name, string Value)[] _headers =
    [
        ("grpc-timeout", "1n"), ("grpc-timeout", "0S"), ("grpc-timeout", "99999999H"), ("grpc-timeout", "123456789S"), ("grpc-timeout", "-1S"), ("grpc-timeout", ""), ("grpc-timeout", "1S,1S"),
        ("grpc-encoding", "snappy"), ("grpc-encoding", "gzip"), ("grpc-encoding", "identity, gzip"), ("grpc-accept-encoding", "gzip;q=0,*"), ("content-type", "application/grpc+json"), ("content-type", "text/plain"),
        ("x-api-key", "x"), ("authorization", "Bearer x"), ("x-request-id", "a b"), ("traceparent", "00-0-0-0"), ("grpc-message-type", "x"), ("user-agent", "x"), ("x-bin", "////"), ("x-long", new string('a', 20_000)),
    ];

    private readonly Mutation _mutation = new(random, [.. corpus.SelectMany(request => request.Messages)]);
    private readonly GrpcRequest[] _weighted = [.. corpus.SelectMany(request => Enumerable.Repeat(request, request.Weight))];

    /// <summary>Sends one and judges its answer.</summary>
    public async Task SendAsync()
    {
        GrpcRequest request = _weighted[random.Next(_weighted.Length)];
        List<(string Name, string Value)> headers = request.NeverEnds ? [_soon] : [];
        string path = request.Path;
        byte[] body;
        switch (random.Next(12))
        {
            case 0:
                body = Lying(Body(request.Messages));
                break;
            case 1:
                byte[] compressed = GrpcWire.Gzip(request.Messages[0]);
                body = GrpcWire.Frame(random.Next(2) == 0 ? _mutation.Of(compressed) : GrpcWire.Gzip(_mutation.Of(request.Messages[0])), isCompressed: true);
                headers.Add(("grpc-encoding", "gzip"));
                break;
            case 2 when !request.NeverEnds:
                body = Body(request.Messages);
                headers.Add(_headers[random.Next(_headers.Length)]);
                break;
            case 3:
                body = Body(request.Messages);
                path = random.Next(2) == 0 ? path[..random.Next(1, path.Length)] : path + "/x";
                break;
            default:
                int at = random.Next(request.Messages.Count);
                body = Body([.. request.Messages.Select((message, i) => i == at ? _mutation.Of(message) : message)]);
                break;
        }

        string Show() => $"{path} [{string.Join(", ", headers)}] {Convert.ToBase64String(body)}";
        try
        {
            judge.Add(await wire.CallAsync(path, body, headers), Show);
        }
        catch (HttpRequestException) when (headers.Exists(header => header.Name == "grpc-timeout"))
        {
            judge.AddCut(); // a call that is over before its client has sent it
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            judge.AddSilence(error, Show);
        }
    }

    private static byte[] Body(IReadOnlyList<byte[]> messages) => [.. messages.SelectMany(message => GrpcWire.Frame(message))];

    // A flag, or a length that is too short, too long, or enormous.
    private byte[] Lying(byte[] body)
    {
        byte[] lying = [.. body];
        uint length = BinaryPrimitives.ReadUInt32BigEndian(lying.AsSpan(1));
        uint[] lengths = [0, length + 1, length - 1, length + 1_000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 32 * 1024 * 1024, (32 * 1024 * 1024) + 1];
        if (random.Next(4) == 0)
        {
            lying[0] = (byte)random.Next(256);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(lying.AsSpan(1), lengths[random.Next(lengths.Length)]);
        }

        return random.Next(3) == 0 ? lying[..random.Next(lying.Length)] : lying;
    }
}
