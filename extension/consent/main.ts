import { mount } from 'svelte';
import ConsentPage from './ConsentPage.svelte';

mount(ConsentPage, { target: document.body });
