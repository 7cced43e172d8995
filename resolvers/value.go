package resolvers

import (
	"maps"
	"slices"

	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/schema"
)

// factValue is v as the API tells it; nil for no value.
func factValue(v schema.Value) graph.FactValue {
	switch v.Kind {
	case schema.ValueCount, schema.ValueSize, schema.ValueDuration, schema.ValuePercent:
		return &graph.NumberValue{Original: v.Original, Kind: v.Kind, Number: v.Number, Max: set(v.Max), Unit: v.Unit, Per: set(v.Per)}
	case schema.ValueRate:
		return &graph.RateValue{
			Original: v.Original, Number: v.Number, Max: set(v.Max), Unit: v.Unit, Amount: v.Amount, Period: v.Period, Per: set(v.Per),
		}
	case schema.ValueMoney:
		return &graph.MoneyValue{
			Original: v.Original, Number: v.Number, Max: set(v.Max), Currency: v.Currency, Period: set(v.Period), Per: set(v.Per), Unit: v.Unit,
		}
	case schema.ValueVersion:
		return &graph.VersionValue{Original: v.Original, From: set(v.From), To: set(v.To)}
	case schema.ValueUnlimited:
		return &graph.UnlimitedValue{Original: v.Original, Unit: v.Unit}
	case schema.ValueFlag:
		return &graph.FlagValue{Original: v.Original, Yes: v.Yes}
	}
	return nil
}

// set is nil for what is zero.
func set[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func qualifiers(of map[string]string) []*graph.Qualifier {
	list := make([]*graph.Qualifier, 0, len(of))
	for _, name := range slices.Sorted(maps.Keys(of)) {
		list = append(list, &graph.Qualifier{Name: name, Value: of[name]})
	}
	return list
}
