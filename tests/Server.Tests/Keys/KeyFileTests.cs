using System.Globalization;
using System.Numerics;
using System.Text;
using Hypervex.Server.Keys;

namespace Hypervex.Server.Tests.Keys;

/// <summary>The file of keys as an attacker, an accident or another version may leave it.</summary>
public sealed class KeyFileTests : IDisposable
{
    private const string Hash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private readonly string _folder = Directory.CreateTempSubdirectory("hypervex-keys-").FullName;

    private string Data => Path.Combine(_folder, "data");

    private string KeyPath => Path.Combine(Data, "keys.json");

    private ServerOptions Options => TestServer.Options with { DataPath = Data };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Nobody_but_the_owner_may_read_it()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using KeyStore keys = KeyStore.OpenDirectory(Data);
        keys.Create("a", KeyScope.Admin, collections: null);
        Assert.Equal(Owner, File.GetUnixFileMode(KeyPath));
        File.SetUnixFileMode(KeyPath, Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        keys.Create("b", KeyScope.Read, collections: null);
        Assert.Equal(Owner, File.GetUnixFileMode(KeyPath));
    }

    [Theory]
    [InlineData("directory")]
    [InlineData("link")]
    [InlineData("empty")]
    public async Task What_is_there_and_cannot_be_read_does_not_count_as_no_keys(string what)
    {
        Directory.CreateDirectory(Data);
        switch (what)
        {
            case "directory":
                Directory.CreateDirectory(KeyPath);
                break;
            case "link":
                File.CreateSymbolicLink(KeyPath, Path.Combine(_folder, "nowhere"));
                break;
            default:
                File.WriteAllText(KeyPath, "");
                break;
        }

        HypervexException error = await Assert.ThrowsAsync<HypervexException>(() => HypervexServer.StartAsync(Options));
        Assert.Contains(error.Code, new[] { ErrorCode.Damaged, ErrorCode.StorageUnavailable });
        Assert.Contains("keys.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(Assert.Throws<HypervexException>(() => KeyStore.OpenDirectory(Data)).Code, new[] { ErrorCode.Damaged, ErrorCode.StorageUnavailable });
    }

    [Fact]
    public async Task A_previous_copy_that_somebody_put_there_is_not_used()
    {
        Directory.CreateDirectory(Data);
        Write("""{"keys":[]}""");
        File.Move(KeyPath, KeyPath + ".previous");
        File.WriteAllText(KeyPath, "damaged");
        Assert.Equal(ErrorCode.Damaged, (await Assert.ThrowsAsync<HypervexException>(() => HypervexServer.StartAsync(Options))).Code);
    }

    [Theory]
    [InlineData("{KEY},{KEY}")]
    [InlineData("null")]
    [InlineData("""{KEY:,"something_new":1}""")]
    [InlineData("""{KEY:,"expires_at_ms":9223372036854775807}""")]
    [InlineData("""{KEY:,"collections":[null]}""")]
    [InlineData("""{KEY:,"collections":[""]}""")]
    [InlineData("""{KEY:,"previous_sha256":"00"}""")]
    [InlineData("""{KEY:,"previous_until_ms":9223372036854775807}""")]
    public async Task Content_that_is_no_list_of_keys_keeps_the_server_from_starting(string keys)
    {
        const string Key = $$"""{"id":"0123456789abcdef","name":"a","scope":"admin","created_at_ms":1,"sha256":"{{Hash}}"}""";
        Directory.CreateDirectory(Data);
        Write($$"""{"keys":[{{keys.Replace("{KEY:", Key[..^1], StringComparison.Ordinal).Replace("{KEY}", Key, StringComparison.Ordinal)}}]}""");
        Assert.Equal(ErrorCode.UnsupportedFormat, (await Assert.ThrowsAsync<HypervexException>(() => HypervexServer.StartAsync(Options))).Code);

        // The control: it is the content, not how this test writes it.
        Write($$"""{"keys":[{{Key}}]}""");
        await using HypervexServer server = await HypervexServer.StartAsync(Options);
        await server.Ready;
    }

    [Fact]
    public async Task Changes_from_many_threads_are_on_disk_as_they_are_in_memory()
    {
        ApiKey[] kept;
        using (KeyStore keys = KeyStore.OpenDirectory(Data))
        {
            keys.Create("first", KeyScope.Admin, collections: null);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
            {
                for (int i = 0; i < 4; i++)
                {
                    (ApiKey key, string text) = keys.Create($"{worker}-{i}", KeyScope.Read, collections: null);
                    Assert.NotNull(keys.Authenticate(text));
                    string rotated = keys.Rotate(key.Id, TimeSpan.Zero)!.Value.Text;
                    Assert.Null(keys.Authenticate(text));
                    Assert.NotNull(keys.Authenticate(rotated));
                    if (i % 2 == 0)
                    {
                        Assert.True(keys.Revoke(key.Id));
                        Assert.Null(keys.Authenticate(rotated));
                    }
                }
            })));
            kept = [.. keys.List()];
            Assert.Equal(17, kept.Length);
        }

        using KeyStore again = KeyStore.OpenDirectory(Data);
        Assert.Equal(kept.Select(Fingerprint), again.List().Select(Fingerprint));
    }

    private static string Fingerprint(ApiKey key) => $"{key.Id} {key.Name} {Convert.ToHexString(key.Hash)}";

    // The envelope of docs/formats/database.md, by other means than the engine's.
    private void Write(string content)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        uint checksum = ~bytes.Aggregate(uint.MaxValue, BitOperations.Crc32C);
        File.WriteAllText(KeyPath, string.Create(CultureInfo.InvariantCulture, $"{{\"hypervex\":\"keys\",\"format\":1,\"length\":{bytes.Length},\"crc32c\":\"{checksum:x8}\"}}\n{content}\n"));
    }
}
