using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Google.Protobuf.Reflection;
using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Wire;
using Reflected = Hypervex.Wire.ServerReflection;

namespace Hypervex.Server.Grpc;

/// <summary>
/// The services <c>grpc.reflection.v1.ServerReflection</c> and, for older tools, <c>v1alpha</c>, whose messages are the same on the wire. They tell what the files of proto/ say, of the services that
/// are served.
/// Thread safety: all members from any thread.
/// </summary>
/// <param name="methods">The table; its services are the ones that there are.</param>
internal sealed class ReflectionMethods(GrpcMethodTable methods)
{
    private static readonly FrozenDictionary<string, FileDescriptor> _files = new FileDescriptor[]
    {
        Wire.V1.RecordsReflection.Descriptor, Wire.V1.SearchReflection.Descriptor, Wire.V1.CollectionsReflection.Descriptor, Wire.V1.AliasesReflection.Descriptor, Wire.V1.JobsReflection.Descriptor,
        Wire.V1.SnapshotsReflection.Descriptor, Wire.V1.KeysReflection.Descriptor, Wire.V1.ErrorsReflection.Descriptor,
        Wire.Health.HealthReflection.Descriptor, Reflected.ReflectionReflection.Descriptor, Wire.ServerReflectionAlpha.ReflectionReflection.Descriptor,
    }.SelectMany(WithImports).Distinct().ToFrozenDictionary(file => file.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, FileDescriptor> _symbols = _files.Values.SelectMany(file => SymbolsOf(file).Select(symbol => (symbol, file)))
        .ToFrozenDictionary(pair => pair.symbol, pair => pair.file, StringComparer.Ordinal);

    /// <summary>The files that are told about.</summary>
    public static IEnumerable<FileDescriptor> Files => _files.Values;

    /// <summary>Adds the methods.</summary>
    public void Add()
    {
        foreach (FileDescriptor file in new[] { Reflected.ReflectionReflection.Descriptor, Wire.ServerReflectionAlpha.ReflectionReflection.Descriptor })
        {
            methods.AddDuplex(file.Services[0].FullName, file.Services[0].Methods[0].Name, Access.AnyKey, Reflected.ServerReflectionRequest.Parser, (_, requests) => AnswerAsync(requests));
        }
    }

    private static IEnumerable<FileDescriptor> WithImports(FileDescriptor file) => file.Dependencies.SelectMany(WithImports).Prepend(file);

    private static IEnumerable<string> SymbolsOf(FileDescriptor file) =>
    [
        .. file.Services.Select(service => service.FullName),
        .. file.Services.SelectMany(service => service.Methods.Select(method => method.FullName)),
        .. file.MessageTypes.SelectMany(SymbolsOf),
        .. file.EnumTypes.Select(type => type.FullName),
    ];

    private static IEnumerable<string> SymbolsOf(MessageDescriptor message) =>
        [message.FullName, .. message.NestedTypes.SelectMany(SymbolsOf), .. message.EnumTypes.Select(type => type.FullName)];

    private static Reflected.FileDescriptorResponse? Write(FileDescriptor? file) =>
        file is null ? null : new Reflected.FileDescriptorResponse { FileDescriptorProto = { WithImports(file).Distinct().Select(each => each.SerializedData) } };

    private static Reflected.ErrorResponse Error(GrpcStatusCode status, string message) => new() { ErrorCode = (int)status, ErrorMessage = message };

    private async IAsyncEnumerable<Reflected.ServerReflectionResponse> AnswerAsync(
        IAsyncEnumerable<Reflected.ServerReflectionRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (Reflected.ServerReflectionRequest request in requests.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return Answer(request);
        }
    }

    private Reflected.ServerReflectionResponse Answer(Reflected.ServerReflectionRequest request)
    {
        var response = new Reflected.ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        string asked = "";
        switch (request.MessageRequestCase)
        {
            case Reflected.ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                asked = request.FileByFilename;
                response.FileDescriptorResponse = Write(_files.GetValueOrDefault(asked));
                break;
            case Reflected.ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                asked = request.FileContainingSymbol;
                response.FileDescriptorResponse = Write(_symbols.GetValueOrDefault(asked));
                break;
            case Reflected.ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType when _symbols.ContainsKey(request.AllExtensionNumbersOfType):
                response.AllExtensionNumbersResponse = new Reflected.ExtensionNumberResponse { BaseTypeName = request.AllExtensionNumbersOfType }; // there are no extensions
                break;
            case Reflected.ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType:
                asked = request.AllExtensionNumbersOfType;
                break;
            case Reflected.ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension:
                asked = request.FileContainingExtension.ContainingType;
                break;
            case Reflected.ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                response.ListServicesResponse = new Reflected.ListServiceResponse { Service = { methods.Services.Order(StringComparer.Ordinal).Select(name => new Reflected.ServiceResponse { Name = name }) } };
                break;
            default:
                response.ErrorResponse = Error(GrpcStatusCode.InvalidArgument, "The request asks for nothing that this server knows to tell.");
                break;
        }

        if (response.MessageResponseCase == Reflected.ServerReflectionResponse.MessageResponseOneofCase.None)
        {
            response.ErrorResponse = Error(GrpcStatusCode.NotFound, $"There is no {JsonPath.Quote(asked)}.");
        }

        return response;
    }
}
