namespace MlDurable.Learning.Features;

/// <summary>The transforms that the program registered; the library brings none. One list for the whole process. Safe for concurrent use.</summary>
public static class Transforms
{
    private static readonly Registrations<CustomTransform> Registered = new("transform", [], transform => transform.Name, transform => transform.Version);

    /// <summary>All transforms, in ordinal order of their names.</summary>
    public static IReadOnlyList<CustomTransform> All => Registered.All;

    /// <summary>Makes a transform known by its name. Registering one of the same type and version again does nothing.</summary>
    /// <remarks>Register before an engine is opened or a model is read: a run that names a transform which is not there yet fails.</remarks>
    /// <param name="transform">The transform.</param>
    /// <exception cref="LearningException">
    /// <c>transform-invalid</c>: the name is not kebab-case or longer than 64 characters, or the version is empty or longer than 128;
    /// <c>transform-name-taken</c>: another transform has the name.
    /// </exception>
    public static void Register(CustomTransform transform) => Registered.Add(transform);

    /// <summary>The transform of a name.</summary>
    /// <param name="name">The exact name.</param>
    /// <exception cref="LearningException"><c>transform-not-registered</c>: there is none of that name.</exception>
    public static CustomTransform Get(string name) => Registered.Get(name);

    /// <summary>The transform of a name, or <see langword="null"/>.</summary>
    internal static CustomTransform? Find(string name) => Registered.Find(name);
}
