using System.Text.Json;

namespace MlDurable.Infra.Tests;

/// <summary>Reading of evaluated resources.</summary>
internal static class JsonElementExtensions
{
    /// <summary>The value at a path of property names with dots between them.</summary>
    public static JsonElement At(this JsonElement element, string path)
    {
        foreach (var name in path.Split('.'))
        {
            Assert.True(element.TryGetProperty(name, out var next), $"'{name}' of '{path}' is not in {element}");
            element = next;
        }

        return element;
    }

    public static string Text(this JsonElement element, string path) => element.At(path).ToString();
}
