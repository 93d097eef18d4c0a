using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Hypervex.Engine.Tests;

/// <summary>
/// Spells an assembly's public types and members, one line each, sorted. What the compiler makes by itself (the equality and
/// printing of records) is left out.
/// </summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>All lines.</summary>
    public static IEnumerable<string> Of(Assembly assembly) =>
        assembly.GetExportedTypes().SelectMany(type => Members(type).Prepend(Header(type))).Distinct().Order(StringComparer.Ordinal);

    private static string Header(Type type)
    {
        string kind = type.IsEnum ? "enum" : type.IsValueType ? "struct" : type.IsInterface ? "interface" : type.IsAbstract && type.IsSealed ? "static class" : "class";
        string[] bases =
        [
            .. type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum) ? (string[])[Name(parent)] : [],
            .. type.IsEnum ? (IEnumerable<string>)[] : type.GetInterfaces().Select(Name).Order(StringComparer.Ordinal),
        ];
        return $"{kind} {Name(type)}{(bases.Length == 0 ? "" : " : " + string.Join(", ", bases))}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        string owner = Name(type) + ": ";
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => owner + name + " = " + Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture));
        }

        IEnumerable<string> constructors = type.GetConstructors(Declared).Where(IsSeen).Select(method => $"new({Parameters(method)})");
        IEnumerable<string> methods = type.GetMethods(Declared)
            .Where(method => IsSeen(method) && !IsAccessor(method))
            .Select(method => $"{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} {method.Name}({Parameters(method)})");
        IEnumerable<string> properties = type.GetProperties(Declared).Where(property => property.GetAccessors(nonPublic: true).Any(IsSeen)).Select(Property);
        IEnumerable<string> fields = type.GetFields(Declared).Where(field => field.IsPublic).Select(field => field.IsLiteral
            ? string.Create(CultureInfo.InvariantCulture, $"const {Name(field.FieldType)} {field.Name} = {field.GetRawConstantValue()}")
            : $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{Name(field.FieldType)} {field.Name}");
        IEnumerable<string> events = type.GetEvents(Declared).Where(e => e.AddMethod is { } add && IsSeen(add)).Select(e => $"event {e.EventHandlerType} {e.Name}");
        return [.. constructors.Concat(methods).Concat(properties).Concat(fields).Concat(events).Select(member => owner + member)];
    }

    private static string Property(PropertyInfo property)
    {
        MethodInfo any = property.GetAccessors(nonPublic: true)[0];
        string parameters = property.GetIndexParameters().Length == 0 ? property.Name : $"this[{string.Join(", ", property.GetIndexParameters().Select(Parameter))}]";
        string get = property.GetMethod is { } getter && IsSeen(getter) ? "get; " : "";
        string set = property.SetMethod is not { } setter || !IsSeen(setter) ? ""
            : setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; " : "set; ";
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{(any.IsStatic ? "static " : "")}{required}{Name(property.PropertyType)} {parameters} {{ {get}{set}}}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string how = parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : "";
        string value = !parameter.HasDefaultValue ? ""
            : string.Create(CultureInfo.InvariantCulture, $" = {parameter.DefaultValue ?? (Plain(parameter.ParameterType).IsValueType ? "default" : "null")}");
        return $"{how}{Name(parameter.ParameterType)} {parameter.Name}{value}";
    }

    private static bool IsSeen(MethodBase method) =>
        (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && !method.IsDefined(typeof(CompilerGeneratedAttribute)) && !method.Name.Contains('<')
        || (method.IsPublic && IsAccessor(method));

    private static bool IsAccessor(MethodBase method) =>
        method.IsSpecialName && (method.Name.StartsWith("get_", StringComparison.Ordinal) || method.Name.StartsWith("set_", StringComparison.Ordinal)
            || method.Name.StartsWith("add_", StringComparison.Ordinal) || method.Name.StartsWith("remove_", StringComparison.Ordinal));

    private static Type Plain(Type type) => type.IsByRef ? type.GetElementType()! : type;

    private static string Name(Type type)
    {
        if (type.IsByRef || type.IsPointer)
        {
            return Name(type.GetElementType()!) + (type.IsPointer ? "*" : "");
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (!type.IsGenericType)
        {
            return type.IsGenericParameter ? type.Name : type.FullName!.Replace('+', '.');
        }

        string plain = type.GetGenericTypeDefinition().FullName!;
        return $"{plain[..plain.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
