using System.Text.Json;

namespace Hypervex.Metadata;

/// <summary>
/// Writes a filter in its shortest JSON form; reading it back gives an equal tree.
/// Thread safety: pure functions.
/// </summary>
internal static class FilterJsonWriter
{
    public static string ToJson(FilterNode node) => MetadataJsonWriter.ToText(writer => Write(writer, node));

    public static void Write(Utf8JsonWriter writer, FilterNode node)
    {
        writer.WriteStartObject();
        switch (node)
        {
            case FilterCondition condition:
                WriteField(writer, [condition]);
                break;
            case FilterNegation negation:
                writer.WritePropertyName("$not");
                Write(writer, negation.Child);
                break;
            case FilterGroup { IsAll: true } group when TryGroupByField(group, out List<List<FilterCondition>> fields):
                foreach (List<FilterCondition> conditions in fields)
                {
                    WriteField(writer, conditions);
                }

                break;
            case FilterGroup group:
                writer.WriteStartArray(group.IsAll ? "$and" : "$or");
                foreach (FilterNode child in group.Children)
                {
                    Write(writer, child);
                }

                writer.WriteEndArray();
                break;
        }

        writer.WriteEndObject();
    }

    /// <summary>
    /// Cuts the children into runs on one field. False when these would not read back in the same order: a field appears in
    /// two runs, an operator twice in one, or a child is not a condition.
    /// </summary>
    private static bool TryGroupByField(FilterGroup group, out List<List<FilterCondition>> runs)
    {
        runs = [];
        foreach (FilterNode child in group.Children)
        {
            if (child is not FilterCondition condition)
            {
                return false;
            }

            List<FilterCondition>? run = runs.Find(other => other[0].Field.Equals(condition.Field));
            if (run is null)
            {
                runs.Add([condition]);
            }
            else if (run == runs[^1] && !run.Exists(other => other.Operator == condition.Operator))
            {
                run.Add(condition);
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private static void WriteField(Utf8JsonWriter writer, List<FilterCondition> conditions)
    {
        writer.WritePropertyName(conditions[0].Field.Name);
        if (conditions is [{ Operator: FilterOperator.Equal, Operand.Kind: not MetadataKind.Object } equality])
        {
            MetadataJsonWriter.Write(writer, equality.Operand);
            return;
        }

        writer.WriteStartObject();
        foreach (FilterCondition condition in conditions)
        {
            writer.WritePropertyName(condition.Operator.ToJsonName());
            MetadataJsonWriter.Write(writer, condition.Operand);
        }

        writer.WriteEndObject();
    }
}
