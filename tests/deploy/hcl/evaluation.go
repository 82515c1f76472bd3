package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

var functions = map[string]function.Function{
	"can":         tryfunc.CanFunc,
	"concat":      stdlib.ConcatFunc,
	"contains":    stdlib.ContainsFunc,
	"distinct":    stdlib.DistinctFunc,
	"element":     stdlib.ElementFunc,
	"file":        fileFunc,
	"flatten":     stdlib.FlattenFunc,
	"keys":        stdlib.KeysFunc,
	"length":      stdlib.LengthFunc,
	"merge":       stdlib.MergeFunc,
	"regex":       stdlib.RegexFunc,
	"setproduct":  stdlib.SetProductFunc,
	"setsubtract": stdlib.SetSubtractFunc,
	"split":       stdlib.SplitFunc,
	"toset":       stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
	"try":         tryfunc.TryFunc,
	"yamldecode":  ctyyaml.YAMLDecodeFunc,
}

var fileFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "path", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
		text, err := os.ReadFile(filepath.Clean(arguments[0].AsString()))
		return cty.StringVal(string(text)), err
	},
})

// evaluate gives the value of an expression; `around` has what is known only where it stands, such as `each`.
func (m *Module) evaluate(expression hcl.Expression, around map[string]cty.Value) cty.Value {
	known := map[string]map[string]cty.Value{}
	for _, traversal := range expression.Variables() {
		if len(traversal) < 2 || around[traversal.RootName()] != cty.NilVal {
			continue
		}
		root := traversal.RootName()
		name := traversal[1].(hcl.TraverseAttr).Name
		if known[root] == nil {
			known[root] = map[string]cty.Value{}
		}
		known[root][name] = m.resolve(root, name)
	}
	context := &hcl.EvalContext{Functions: functions, Variables: map[string]cty.Value{}}
	for root, values := range known {
		context.Variables[root] = cty.ObjectVal(values)
	}
	for name, value := range around {
		context.Variables[name] = value
	}
	value, found := expression.Value(context)
	refuse(found)
	return value
}

// resolve gives what ROOT.NAME stands for: a variable, a local value, a resource.
func (m *Module) resolve(root, name string) cty.Value {
	if m.values[root] == nil {
		m.values[root] = map[string]cty.Value{}
	}
	if value, done := m.values[root][name]; done {
		return value
	}
	value := cty.NilVal
	if root == "local" && m.locals[name] != nil {
		value = m.evaluate(m.locals[name].Expr, nil)
	} else if block := m.declared[root+"."+name]; block != nil {
		value = m.resource(block.Body)
	} else {
		log.Fatalf("%s.%s is not declared", root, name)
	}
	m.values[root][name] = value
	return value
}

func (m *Module) resource(body *hclsyntax.Body) cty.Value {
	if attribute := body.Attributes["for_each"]; attribute != nil {
		instances := map[string]cty.Value{}
		for it := m.evaluate(attribute.Expr, nil).ElementIterator(); it.Next(); {
			key, value := it.Element()
			each := map[string]cty.Value{"key": key, "value": value}
			if key.Type() != cty.String {
				each["key"] = value
			}
			instances[each["key"].AsString()] = m.arguments(body, map[string]cty.Value{"each": cty.ObjectVal(each)})
		}
		return cty.ObjectVal(instances)
	}
	if attribute := body.Attributes["count"]; attribute != nil {
		number, _ := m.evaluate(attribute.Expr, nil).AsBigFloat().Int64()
		instances := []cty.Value{}
		for range number {
			instances = append(instances, m.arguments(body, nil))
		}
		return cty.TupleVal(instances)
	}
	return m.arguments(body, nil)
}

// arguments gives a body as an object; blocks are lists, those that `dynamic` makes too.
func (m *Module) arguments(body *hclsyntax.Body, around map[string]cty.Value) cty.Value {
	values := map[string]cty.Value{}
	for name, attribute := range body.Attributes {
		if name != "for_each" && name != "count" {
			values[name] = m.evaluate(attribute.Expr, around)
		}
	}
	blocks := map[string][]cty.Value{}
	for _, block := range body.Blocks {
		switch block.Type {
		case "lifecycle":
			for _, inner := range block.Body.Blocks {
				m.check(inner)
			}
		case "dynamic":
			blocks[block.Labels[0]] = append(blocks[block.Labels[0]], m.dynamic(block, around)...)
		default:
			blocks[block.Type] = append(blocks[block.Type], m.arguments(block.Body, around))
		}
	}
	for name, inner := range blocks {
		values[name] = cty.TupleVal(inner)
	}
	return cty.ObjectVal(values)
}

func (m *Module) dynamic(block *hclsyntax.Block, around map[string]cty.Value) []cty.Value {
	made := []cty.Value{}
	for it := m.evaluate(block.Body.Attributes["for_each"].Expr, around).ElementIterator(); it.Next(); {
		key, value := it.Element()
		inner := map[string]cty.Value{block.Labels[0]: cty.ObjectVal(map[string]cty.Value{"key": key, "value": value})}
		for name, known := range around {
			inner[name] = known
		}
		made = append(made, m.arguments(block.Body.Blocks[0].Body, inner))
	}
	return made
}
