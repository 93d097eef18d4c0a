namespace Hypervex.Wire;
