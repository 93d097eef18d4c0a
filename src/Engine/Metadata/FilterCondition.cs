using System.Globalization;
using System.Text;

namespace Hypervex.Metadata;

/// <summary>
/// A leaf of the filter tree: a field, an operator and its operand, with what the evaluator of bytes wants prepared.
/// Invariant: the operand is of the kind that the operator takes (<see cref="FindProblem"/>).
/// Thread safety: immutable.
/// </summary>
internal sealed class FilterCondition : FilterNode
{
    private readonly byte[] _encodedOperand;

    private FilterCondition(FieldPath field, FilterOperator filterOperator, MetadataValue operand)
    {
        Field = field;
        Operator = filterOperator;
        Operand = operand;
        _encodedOperand = MetadataEncoding.EncodeOperand(operand);
        Values = filterOperator is FilterOperator.In or FilterOperator.NotIn ? new ValueSet(new EncodedItems(EncodedOperand.Payload)) : null;
        Query = filterOperator == FilterOperator.Match ? TextQuery.TryRead(EncodedOperand.Payload) : null;
        if (filterOperator == FilterOperator.Near)
        {
            MetadataObject circle = operand.AsObject();
            Circle = new GeoCircle(circle["lat"].AsDouble(), circle["lon"].AsDouble(), circle["radius_m"].AsDouble());
        }
    }

    private FilterCondition(FilterCondition unbound, DateOperand? dates)
    {
        Field = unbound.Field;
        Operator = unbound.Operator;
        Operand = unbound.Operand;
        _encodedOperand = unbound._encodedOperand;
        Values = unbound.Values;
        Circle = unbound.Circle;
        Query = unbound.Query;
        IsOnDates = true;
        Dates = dates;
    }

    public FieldPath Field { get; }

    public FilterOperator Operator { get; }

    public MetadataValue Operand { get; }

    /// <summary>The operand in the canonical encoding.</summary>
    public EncodedValue EncodedOperand
    {
        get
        {
            ReadOnlySpan<byte> rest = _encodedOperand;
            return EncodedValue.Take(ref rest);
        }
    }

    /// <summary>The values of <c>$in</c> and <c>$nin</c>, made for looking up; null for other operators.</summary>
    public ValueSet? Values { get; }

    /// <summary>The circle of <c>$near</c>; null for other operators.</summary>
    public GeoCircle? Circle { get; }

    /// <summary>The tokens of <c>$match</c>; null for other operators.</summary>
    public TextQuery? Query { get; }

    /// <summary>Whether the field is declared as datetime, so that dates are compared as instants.</summary>
    public bool IsOnDates { get; }

    /// <summary>The instants of the operand, when the field holds dates and the operand names some; else null.</summary>
    public DateOperand? Dates { get; }

    public override int Nodes => 1;

    public override int Levels => 1;

    public override long OperandBytes => _encodedOperand.Length;

    /// <summary>Creates a condition; on a wrong operand there is none, and the problem says what was expected and found.</summary>
    public static FilterCondition? TryCreate(FieldPath field, FilterOperator filterOperator, MetadataValue operand, out string? problem)
    {
        problem = FindProblem(filterOperator, operand);
        if (problem is not null)
        {
            return null;
        }

        return new FilterCondition(field, filterOperator, filterOperator == FilterOperator.Near ? ToFloats(operand.AsObject()) : operand);
    }

    /// <summary>This condition on a field that is declared as datetime; null with a problem when its operand does not fit.</summary>
    public FilterCondition? OnDates(out string? problem)
    {
        problem = null;
        if (IsOnDates)
        {
            return this;
        }

        DateOperand? dates = DateOperand.Of(Operator, EncodedOperand, out problem);
        return problem is null ? new FilterCondition(this, dates) : null;
    }

    public override void CollectFields(List<string> names)
    {
        if (!names.Contains(Field.Name))
        {
            names.Add(Field.Name);
        }
    }

    public override bool Equals(FilterNode? other) =>
        other is FilterCondition condition && Operator == condition.Operator && Field.Equals(condition.Field) && Operand == condition.Operand && IsOnDates == condition.IsOnDates;

    public override int GetHashCode() => HashCode.Combine(Field, Operator, Operand);

    private static string? FindProblem(FilterOperator filterOperator, MetadataValue operand)
    {
        if (operand.EncodedBytes > MaxOperandBytes)
        {
            return string.Create(CultureInfo.InvariantCulture, $"expected an operand of at most {MaxOperandBytes} bytes, found {operand.EncodedBytes}.");
        }

        string? expected = filterOperator switch
        {
            FilterOperator.Greater or FilterOperator.GreaterOrEqual or FilterOperator.Less or FilterOperator.LessOrEqual =>
                operand.Kind is MetadataKind.Integer or MetadataKind.Float or MetadataKind.String ? null : "a number or a string",
            FilterOperator.In or FilterOperator.NotIn => operand.Kind == MetadataKind.Array ? null : "an array of values",
            FilterOperator.Exists => operand.Kind == MetadataKind.Boolean ? null : "true or false",
            FilterOperator.Prefix => operand.Kind == MetadataKind.String ? null : "a string",
            FilterOperator.Match => operand.Kind == MetadataKind.String && TextQuery.TryRead(Encoding.UTF8.GetBytes(operand.AsString())) is not null
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"a string with 1 to {Limits.MaxMatchTokens} different words of letters or digits"),
            FilterOperator.Near => IsCircle(operand)
                ? null
                : "{\"lat\": -90 to 90, \"lon\": -180 to 180, \"radius_m\": 0 or more}",
            _ => null,
        };
        return expected is null ? null : $"expected {expected}, found {JsonTrail.Describe(operand)}.";
    }

    private static bool IsCircle(MetadataValue operand) =>
        operand.Kind == MetadataKind.Object
        && operand.AsObject() is { Count: 3 } circle
        && IsNumber(circle, "lat") && IsNumber(circle, "lon") && IsNumber(circle, "radius_m")
        && GeoCircle.IsPoint(circle["lat"].AsDouble(), circle["lon"].AsDouble())
        && circle["radius_m"].AsDouble() >= 0;

    private static bool IsNumber(MetadataObject members, string key) =>
        members.TryGetValue(key, out MetadataValue value) && value.Kind is MetadataKind.Integer or MetadataKind.Float;

    // The builder speaks in doubles and JSON may say 5000 for 5000.0: one form, so that equal circles are equal.
    private static MetadataValue ToFloats(MetadataObject circle) => new MetadataObject
    {
        ["lat"] = circle["lat"].AsDouble(),
        ["lon"] = circle["lon"].AsDouble(),
        ["radius_m"] = circle["radius_m"].AsDouble(),
    };
}
