namespace Hypervex.Training;

/// <summary>One step of gradient descent: a child, the node above it and the negatives. Thread safety: one thread.</summary>
internal sealed class TrainingStep<TModel>(double[][] points, int negatives)
    where TModel : struct, IModel
{
    private readonly int _dimension = points[0].Length;
    private readonly int[] _targets = new int[negatives + 1];
    private readonly double[] _distances = new double[negatives + 1];
    private readonly double[] _ofChild = new double[(negatives + 1) * points[0].Length];
    private readonly double[] _ofTargets = new double[(negatives + 1) * points[0].Length];
    private readonly double[] _sum = new double[points[0].Length];
    private int _child;
    private int _count;

    public void Begin(int child, int parent)
    {
        _child = child;
        _count = 0;
        AddNegative(parent);
    }

    public void AddNegative(int node)
    {
        _targets[_count] = node;
        _distances[_count] = TModel.Distance(points[_child], points[node], Of(_ofChild, _count), Of(_ofTargets, _count));
        _count++;
    }

    /// <summary>Moves all points; returns the loss before: -log of the parent's share in a softmax over negative distances.</summary>
    public double End(double rate)
    {
        double least = double.PositiveInfinity;
        for (int i = 0; i < _count; i++)
        {
            least = Math.Min(least, _distances[i]);
        }

        double total = 0;
        for (int i = 0; i < _count; i++)
        {
            total += Math.Exp(least - _distances[i]);
        }

        Array.Clear(_sum);
        for (int i = 0; i < _count; i++)
        {
            double slope = (i == 0 ? 1 : 0) - (Math.Exp(least - _distances[i]) / total);
            Span<double> ofChild = Of(_ofChild, i), ofTarget = Of(_ofTargets, i);
            for (int j = 0; j < _dimension; j++)
            {
                _sum[j] += slope * ofChild[j];
                ofTarget[j] *= slope;
            }
        }

        TModel.Step(points[_child], _sum, rate);
        for (int i = 0; i < _count; i++)
        {
            TModel.Step(points[_targets[i]], Of(_ofTargets, i), rate);
        }

        return _distances[0] - least + Math.Log(total);
    }

    private Span<double> Of(double[] gradients, int target) => gradients.AsSpan(target * _dimension, _dimension);
}
